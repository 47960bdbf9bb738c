use std::{
    fs::{self, File},
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use axum::Router;
use moka::sync::Cache;
use nc_auth::{
    UserId,
    federation::{Federation, ShareAuth},
};
use nc_store::Sealer;
use nc_web::pages::Notice;
use secrecy::SecretString;

use crate::{
    CloudConfig, Error,
    accounts::{Account, AccountInGroups, Accounts, AppPasswordId, AppPasswordScopes, AppPasswords, NewUser},
    auth::{Authenticator, TokenIssuers, Trust},
    avatars,
    collections::Collections,
    content::{Content, ContentError},
    cookbook, dav,
    db::Db,
    deck, login_flow, notes, ocs, protected_resource, random,
    routes::{Declared, Routes},
    sealing_key,
    sharing::{self, OpenedLinks, Shares},
    status, tables,
};

/// How long a display name may be an old one in listings of files, which show it with every entry.
const DISPLAY_NAME_FOR: Duration = Duration::from_secs(10);

/// The group whose members administer the cloud.
pub const ADMINISTRATORS: &str = "admin";

/// What speaks with other servers for the cloud: Open Cloud Mesh.
#[derive(Clone)]
pub struct Federated {
    /// Who may use the mounts of shares.
    pub auth: Arc<dyn ShareAuth>,
    /// Shares to and from other servers.
    pub shares: Arc<dyn Federation>,
}

/// Nothing of it can be shown.
impl std::fmt::Debug for Federated {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Federated").finish_non_exhaustive()
    }
}

/// The embedded cloud. Cheap to clone; all clones are one cloud.
#[derive(Clone)]
pub struct Cloud(Arc<Inner>);

/// A cloud that may have been closed.
#[derive(Clone)]
pub(crate) struct WeakCloud(Weak<Inner>);

impl WeakCloud {
    pub(crate) fn upgrade(&self) -> Option<Cloud> {
        self.0.upgrade().map(Cloud)
    }
}

struct Inner {
    config: CloudConfig,
    instance_id: String,
    db: Db,
    content: Content,
    shares: Shares,
    authenticator: Authenticator,
    trust: OnceLock<Trust>,
    federated: OnceLock<Federated>,
    seen_roots: dav::SeenRoots,
    sealer: Arc<Sealer>,
    login_flow_limits: login_flow::Limits,
    note_turns: notes::Turns,
    recipe_turns: notes::Turns,
    attachment_turns: notes::Turns,
    imports: cookbook::Imports,
    opened_links: OpenedLinks,
    display_names: Cache<UserId, Arc<str>>,
    /// Held for as long as the cloud is open.
    _lock: File,
}

impl Cloud {
    /// Opens the cloud in the configured data directory, which is made when absent.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has it open; [`Error::Io`] and the database's errors otherwise.
    pub async fn open(config: CloudConfig) -> Result<Self, Error> {
        create_private_dir(&config)?;
        let lock = File::create(config.data_dir.join("cloud.lock"))?;
        // Writers of files coordinate in memory; two processes on one directory would lose writes.
        lock.try_lock().map_err(|_| Error::InUse)?;
        let database = config.data_dir.join("cloud.db");
        create_private_file(&database)?;
        let db = Db::open(&database).await?;
        let instance_id = instance_id(&db).await?;
        let content = Content::open(db.clone(), &config.data_dir, config.clock.clone()).await?;
        let shares = Shares::new(db.clone(), config.clock.clone());
        let authenticator = Authenticator::new(db.clone(), config.clock.clone())?;
        let login_flow_limits = login_flow::Limits::new(&config);
        let imports = cookbook::Imports::new(config.pages.clone(), config.recipe_hosts);
        let sealer = sealing_key::open_sealer(&config.sealing_keys, &config.data_dir)?;
        Ok(Self(Arc::new(Inner {
            config,
            login_flow_limits,
            note_turns: notes::Turns::default(),
            recipe_turns: notes::Turns::default(),
            attachment_turns: notes::Turns::default(),
            imports,
            opened_links: OpenedLinks::default(),
            display_names: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(DISPLAY_NAME_FOR)
                .build(),
            instance_id,
            db,
            content,
            shares,
            authenticator,
            trust: OnceLock::new(),
            federated: OnceLock::new(),
            seen_roots: dav::SeenRoots::default(),
            sealer: Arc::new(sealer),
            _lock: lock,
        })))
    }

    /// Every interface of the cloud.
    pub fn router(&self) -> Router {
        self.routes()
            .into_router()
            .fallback(|| async { Notice::not_found() })
            .with_state(self.clone())
    }

    /// Every route, with who may use it.
    pub fn declared_routes(&self) -> Vec<Declared> {
        self.routes().declared().to_vec()
    }

    fn routes(&self) -> Routes {
        dav::routes(self)
            .and(ocs::routes(self))
            .and(status::routes(self))
            .and(avatars::routes(self))
            .and(protected_resource::routes(self))
            .and(login_flow::routes(self))
            .and(notes::routes(self))
            .and(tables::routes(self))
            .and(cookbook::routes(self))
            .and(deck::routes(self))
            .and(sharing::routes(self))
    }

    /// From now on believes the access tokens of these issuers. Once in the life of a cloud: whose tokens open it does not
    /// change while it runs.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the resource is no URL, [`Error::Exists`] the second time.
    pub fn believe(&self, issuers: TokenIssuers) -> Result<(), Error> {
        let trust = Trust::new(issuers)?;
        self.0
            .trust
            .set(trust)
            .map_err(|_| Error::Exists("an issuer of access tokens"))
    }

    /// Whose access tokens are believed, if anybody's.
    pub(crate) fn believed(&self) -> Option<&Trust> {
        self.0.trust.get()
    }

    /// From now on shares with people on other servers. Once in the life of a cloud.
    ///
    /// # Errors
    /// [`Error::Exists`] the second time.
    pub fn federate(&self, federated: Federated) -> Result<(), Error> {
        let shares = Arc::clone(&federated.shares);
        let joined = self.0.federated.set(federated);
        joined.map_err(|_| Error::Exists("a federation with other servers"))?;
        let known = Arc::clone(&shares);
        self.content().ask_guests(move |share| {
            let shares = Arc::clone(&known);
            // A share that nothing is known of now may be there.
            Box::pin(async move { shares.is_live(&share).await.unwrap_or(true) })
        });
        self.content()
            .tell_gone(move |files| sharing::end_federated(&shares, files));
        Ok(())
    }

    /// What speaks with other servers; `None`: this cloud shares with nobody elsewhere.
    pub fn federated(&self) -> Option<&Federated> {
        self.0.federated.get()
    }

    /// What was last seen of shares of other servers.
    pub(crate) fn seen_roots(&self) -> &dav::SeenRoots {
        &self.0.seen_roots
    }

    pub(crate) fn downgrade(&self) -> WeakCloud {
        WeakCloud(Arc::downgrade(&self.0))
    }

    /// Seals what must be read again: second factors, keys.
    pub fn sealer(&self) -> &Arc<Sealer> {
        &self.0.sealer
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad id, address or password, [`Error::Exists`] when id or address are taken.
    pub async fn create_user(&self, user: &NewUser) -> Result<(), Error> {
        let made = self
            .accounts()
            .create(user, self.0.authenticator.checker(), self.now())
            .await;
        self.0.shares.forget();
        made
    }

    /// Makes an app password for `user`, shown under `name` where the person revokes it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user.
    pub async fn create_app_password(&self, user: &UserId, name: &str) -> Result<SecretString, Error> {
        AppPasswords(&self.0.db).create(user, name, None, self.now()).await
    }

    /// As [`Self::create_app_password`], limited to `scopes`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user.
    pub async fn create_scoped_app_password(
        &self,
        user: &UserId,
        name: &str,
        scopes: &AppPasswordScopes,
    ) -> Result<SecretString, Error> {
        AppPasswords(&self.0.db)
            .create(user, name, Some(scopes), self.now())
            .await
    }

    /// Gives an app password a new text; the old one ends at once. `None`: it is gone.
    pub(crate) async fn rotate_app_password(&self, id: AppPasswordId) -> Result<Option<SecretString>, Error> {
        let cloud = self.clone();
        // As in `revoke_app_password`.
        let rotated = tokio::spawn(async move {
            let rotated = AppPasswords(&cloud.0.db).rotate(id).await;
            cloud.0.authenticator.forget();
            rotated
        });
        rotated.await.map_err(|_| Error::Internal("a task was lost"))?
    }

    /// Revokes an app password, at once. Whether it was there.
    pub async fn revoke_app_password(&self, id: AppPasswordId) -> Result<bool, Error> {
        let cloud = self.clone();
        // A task of its own: a caller that hangs up between the two steps must not leave the password believed.
        let revoked = tokio::spawn(async move {
            let deleted = AppPasswords(&cloud.0.db).delete(id).await;
            cloud.0.authenticator.forget();
            deleted
        });
        revoked.await.map_err(|_| Error::Internal("a task was lost"))?
    }

    /// The account of a user, if there is one.
    pub async fn find_user(&self, id: &UserId) -> Result<Option<Account>, Error> {
        self.accounts().find(id).await
    }

    /// The same with the groups of the account.
    pub async fn find_user_with_groups(&self, id: &UserId) -> Result<Option<AccountInGroups>, Error> {
        self.accounts().find_with_groups(id).await
    }

    /// Lets an account sign in, or shuts it out at once, with what opens its shares from other servers. Whether there is one.
    pub async fn set_enabled(&self, user: &UserId, enabled: bool) -> Result<bool, Error> {
        let (cloud, user) = (self.clone(), user.clone());
        // As in `revoke_app_password`.
        let set = tokio::spawn(async move {
            let set = cloud.accounts().set_enabled(&user, enabled).await;
            cloud.0.authenticator.forget();
            if let (false, Ok(true), Some(federated)) = (enabled, &set, cloud.federated()) {
                // The account is shut out whatever comes of it, but who asked has to know.
                federated.shares.owner_disabled(&user).await.map_err(|error| {
                    tracing::error!(%error, "the tokens for shares of an account are not taken back");
                    Error::Internal("the tokens of other servers were not taken back")
                })?;
            }
            set
        });
        set.await.map_err(|_| Error::Internal("a task was lost"))?
    }

    /// Whether a user administers the cloud: is in the group `admin`.
    pub async fn is_administrator(&self, user: &UserId) -> Result<bool, Error> {
        let groups = self.accounts().list_groups(user).await?;
        Ok(groups.iter().any(|group| group == ADMINISTRATORS))
    }

    /// The name that people see for a user; the id where there is no such account.
    pub(crate) async fn display_name(&self, id: &UserId) -> Result<Arc<str>, Error> {
        if let Some(known) = self.0.display_names.get(id) {
            return Ok(known);
        }
        let account = self.find_user(id).await?;
        let name = account.map_or_else(|| Arc::from(id.as_str()), |account| Arc::from(account.display_name));
        self.0.display_names.insert(id.clone(), Arc::clone(&name));
        Ok(name)
    }

    /// The accounts.
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts::new(&self.0.db)
    }

    /// Bytes of all files of a user.
    pub(crate) async fn used_bytes(&self, user: &UserId) -> Result<u64, Error> {
        let asked = async { self.0.content.home(user).await?.used_bytes().await };
        asked.await.map_err(|error| match error {
            ContentError::Storage(error) => error,
            _ => Error::Internal("the root of a tree is missing"),
        })
    }

    /// What it was opened with.
    pub fn config(&self) -> &CloudConfig {
        &self.0.config
    }

    /// Random text, the same for the life of the data: the end of each `OC-FileId`, as in `00000042ocrdm85moyrc`.
    pub fn instance_id(&self) -> &str {
        &self.0.instance_id
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// Everybody's files.
    pub fn content(&self) -> &Content {
        &self.0.content
    }

    /// Everybody's shares.
    pub(crate) fn shares(&self) -> &Shares {
        &self.0.shares
    }

    /// Everybody's calendars and address books.
    pub(crate) fn collections(&self) -> Collections {
        Collections::new(self.0.db.clone())
    }

    pub(crate) fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    /// The links that browsers have opened with a password.
    pub(crate) fn opened_links(&self) -> &OpenedLinks {
        &self.0.opened_links
    }

    pub(crate) fn note_turns(&self) -> &notes::Turns {
        &self.0.note_turns
    }

    pub(crate) fn attachment_turns(&self) -> &notes::Turns {
        &self.0.attachment_turns
    }

    pub(crate) fn recipe_turns(&self) -> &notes::Turns {
        &self.0.recipe_turns
    }

    pub(crate) fn imports(&self) -> &cookbook::Imports {
        &self.0.imports
    }

    pub(crate) fn login_flow_limits(&self) -> &login_flow::Limits {
        &self.0.login_flow_limits
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.0.config.clock.now().unix_timestamp()
    }
}

/// The data directory holds everybody's files and password hashes: it is for this process's user only.
fn create_private_dir(config: &CloudConfig) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(&config.data_dir)?)
}

/// The database must not be readable by others either where the directory was made by somebody else. What SQLite puts
/// beside it gets the same rights.
fn create_private_file(path: &std::path::Path) -> Result<(), Error> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

async fn instance_id(db: &Db) -> Result<String, Error> {
    let mut write = db.write().await?;
    let fresh = format!("oc{}", random::secret_text(10)?.to_lowercase());
    sqlx::query("INSERT OR IGNORE INTO instance (key, value) VALUES ('instance_id', ?)")
        .bind(fresh)
        .execute(&mut *write)
        .await?;
    let id = sqlx::query_scalar("SELECT value FROM instance WHERE key = 'instance_id'")
        .fetch_one(&mut *write)
        .await?;
    write.commit().await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn others_read_neither_files_nor_database_whoever_made_the_directory() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let _cloud = Cloud::open(CloudConfig::new(dir.path())).await.unwrap();
        for name in ["data", "cloud.db", "cloud.db-wal"] {
            let mode = fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name} {mode:o}");
        }
    }

    #[tokio::test]
    async fn the_instance_keeps_its_id_and_a_second_opener_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let config = CloudConfig::new(dir.path().join("data"));
        let cloud = Cloud::open(config.clone()).await.unwrap();
        let id = cloud.instance_id().to_owned();
        assert_eq!(id.len(), 12);
        assert!(matches!(Cloud::open(config.clone()).await, Err(Error::InUse)));
        drop(cloud);
        assert_eq!(Cloud::open(config).await.unwrap().instance_id(), id);
    }
}
