//! A provider over a real store, with grants and codes put there as the browser side puts them.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use nc_auth::{LoginName, UserId};
use nc_proto::{
    clock::Clock,
    oauth::{client_auth::AuthMethod, jose::Algorithm, pkce::Challenge, redirect_uri::ApplicationType},
};
use nc_provider::{
    Authentication, Checked, Client, ClientDocument, CodeDocument, Directory, DirectoryError, ElsewhereAccounts,
    Endpoint, FreshPasskey, GrantDocument, GrantType, Group, KeptPasskey, KeyOptions, KeyRing, Lifetimes,
    LocalAccounts, PasskeyRecord, Passkeys, Person, Provider, ProviderConfig, RegistrationMode, ResourceDocument, Role,
    SignIn,
};
use nc_store::{ClientKind, CodeRecord, ConsentRecord, Digest, GrantRecord, NewClient, ResourceRecord, Sealer, Store};
use nc_store_sqlite::SqliteStore;
use nc_web::ClientAddress;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use crate::browser::nextcloud::Nextcloud;

pub(crate) const ROLES: [Role; 2] = [Role::Cloud, Role::McpServer];
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const REDIRECT: &str = "https://app.example/cb";
/// A resource that is always there.
pub(crate) const NOTES: &str = "https://api.example/notes";
/// Another one.
pub(crate) const FILES: &str = "https://api.example/files";

pub(crate) struct World {
    pub(crate) provider: Provider,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    pub(crate) people: Arc<People>,
    /// Where people sign in, if it is not here.
    pub(crate) nextcloud: Option<Arc<Nextcloud>>,
    pub(crate) role: Role,
    router: Router,
    _folder: tempfile::TempDir,
}

/// The accounts of a world. The password of each is its id with `-password`, an app password its id with `-app`.
#[derive(Default)]
pub(crate) struct People {
    accounts: Mutex<HashMap<String, Person>>,
    with_second_factor: Mutex<BTreeSet<String>>,
    spent_codes: Mutex<BTreeSet<String>>,
    failures: Mutex<HashMap<String, u32>>,
    may_have_passkeys: AtomicBool,
    answers: Mutex<VecDeque<Option<Checked>>>,
}

/// Failures of a name before it is throttled.
const FAILURES: u32 = 5;

impl People {
    pub(crate) fn put(&self, person: Person) {
        let mut people = self.accounts.lock().expect("not poisoned");
        people.insert(person.uid.clone(), person);
    }

    pub(crate) fn disable(&self, uid: &str) {
        self.accounts.lock().expect("not poisoned").remove(uid);
    }

    /// From now on the account has a second factor; any six digits are right, once each.
    pub(crate) fn want_second_factor(&self, uid: &str) {
        let mut with_second_factor = self.with_second_factor.lock().expect("not poisoned");
        with_second_factor.insert(uid.to_owned());
    }

    /// From now on there are pages for passkeys, of which nobody has any.
    pub(crate) fn allow_passkeys(&self) {
        self.may_have_passkeys.store(true, Ordering::Relaxed);
    }

    /// What comes of the next passwords, whatever they are; `None` fails.
    pub(crate) fn will_answer(&self, answers: impl IntoIterator<Item = Option<Checked>>) {
        self.answers.lock().expect("not poisoned").extend(answers);
    }

    fn wrong(&self, name: &str) -> Checked {
        *self
            .failures
            .lock()
            .expect("not poisoned")
            .entry(name.to_owned())
            .or_default() += 1;
        Checked::Wrong
    }

    fn is_throttled(&self, name: &str) -> bool {
        self.failures
            .lock()
            .expect("not poisoned")
            .get(name)
            .is_some_and(|count| *count >= FAILURES)
    }
}

#[async_trait::async_trait]
impl Directory for People {
    async fn find_person(&self, uid: &UserId) -> Result<Option<Person>, DirectoryError> {
        Ok(self.accounts.lock().expect("not poisoned").get(uid.as_str()).cloned())
    }
}

#[async_trait::async_trait]
impl LocalAccounts for People {
    async fn check_password(
        &self,
        login: &LoginName,
        password: &SecretString,
        _: Option<ClientAddress>,
    ) -> Result<Checked, DirectoryError> {
        if let Some(answer) = self.answers.lock().expect("not poisoned").pop_front() {
            return answer.ok_or_else(|| DirectoryError("as the test wants it".into()));
        }
        let name = login.as_str();
        if self.is_throttled(name) {
            return Ok(Checked::Throttled { retry_after_s: 90 });
        }
        let uid = UserId::new(name);
        let exists = self.find_person(&uid).await?.is_some();
        let needs_second_factor = self.with_second_factor.lock().expect("not poisoned").contains(name);
        Ok(match password.expose_secret().strip_prefix(name) {
            Some("-password") if exists => Checked::Right {
                uid,
                needs_second_factor,
            },
            Some("-app") if exists => Checked::AppPassword,
            _ => self.wrong(name),
        })
    }

    async fn check_second_factor(
        &self,
        uid: &UserId,
        code: &str,
        _: Option<ClientAddress>,
    ) -> Result<Checked, DirectoryError> {
        if self.is_throttled(uid.as_str()) {
            return Ok(Checked::Throttled { retry_after_s: 90 });
        }
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        if is_code && self.spent_codes.lock().expect("not poisoned").insert(code.to_owned()) {
            return Ok(Checked::Right {
                uid: uid.clone(),
                needs_second_factor: false,
            });
        }
        Ok(self.wrong(uid.as_str()))
    }

    fn passkeys(&self) -> Option<&dyn Passkeys> {
        let allowed = self.may_have_passkeys.load(Ordering::Relaxed);
        allowed.then_some(self as &dyn Passkeys)
    }
}

#[async_trait::async_trait]
impl Passkeys for People {
    fn most_passkeys(&self) -> usize {
        20
    }

    async fn list_passkeys(&self, _: &UserId) -> Result<Vec<PasskeyRecord>, DirectoryError> {
        Ok(Vec::new())
    }

    async fn find_passkey(&self, _: &[u8]) -> Result<Option<PasskeyRecord>, DirectoryError> {
        Ok(None)
    }

    async fn add_passkey(&self, _: &FreshPasskey<'_>) -> Result<KeptPasskey, DirectoryError> {
        Ok(KeptPasskey::TooMany)
    }

    async fn use_passkey(&self, _: &PasskeyRecord, _: &str) -> Result<bool, DirectoryError> {
        Ok(false)
    }

    async fn remove_passkey(&self, _: &UserId, _: i64) -> Result<bool, DirectoryError> {
        Ok(false)
    }
}

pub(crate) fn ann() -> Person {
    Person {
        uid: "ann".to_owned(),
        display_name: "Ann Maria Example".to_owned(),
        email: Some("ann@home.example".to_owned()),
        emails: vec!["ann@home.example".to_owned(), "ann@work.example".to_owned()],
        groups: vec![Group {
            id: "staff".to_owned(),
            display_name: "All the staff".to_owned(),
        }],
        administered_groups: vec!["staff".to_owned()],
        quota: Some("5 GB".to_owned()),
        language: Some("de".to_owned()),
        website: Some("https://ann.example".to_owned()),
        phone: Some("+49 30 1".to_owned()),
        address: Some("Street 1".to_owned()),
        picture: Some("https://cloud.example/avatar/ann".to_owned()),
        ..Person::default()
    }
}

/// The 21 scopes of the reference string, in the order in which it is written there.
pub(crate) fn all_scopes() -> Vec<String> {
    let apps = [
        "notes", "calendar", "todo", "contacts", "cookbook", "deck", "tables", "files", "sharing",
    ];
    let about_the_user = ["openid", "profile", "email"].map(str::to_owned);
    let of_apps = apps
        .iter()
        .flat_map(|app| [format!("{app}:read"), format!("{app}:write")]);
    about_the_user.into_iter().chain(of_apps).collect()
}

impl World {
    pub(crate) async fn new(role: Role) -> Self {
        Self::with(role, |_| {}, |store| store).await
    }

    /// A world with another configuration, and with something between the provider and its store.
    pub(crate) async fn with(
        role: Role,
        change: impl FnOnce(&mut ProviderConfig),
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        Self::signing(role, &[Algorithm::Es256, Algorithm::EdDsa], change, wrap).await
    }

    /// The same with keys for these algorithms.
    pub(crate) async fn signing(
        role: Role,
        algorithms: &[Algorithm],
        change: impl FnOnce(&mut ProviderConfig),
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        let local = |people: &Arc<People>| (SignIn::Local(Arc::clone(people) as Arc<dyn LocalAccounts>), None);
        Self::with_sign_in(role, algorithms, change, wrap, local).await
    }

    /// The MCP server's own authorization server, in front of another Nextcloud with the same people.
    pub(crate) async fn elsewhere() -> Self {
        let elsewhere = |people: &Arc<People>| {
            let nextcloud = Arc::new(Nextcloud::new(Arc::clone(people)));
            let sign_in = SignIn::Elsewhere(Arc::clone(&nextcloud) as Arc<dyn ElsewhereAccounts>);
            (sign_in, Some(nextcloud))
        };
        Self::with_sign_in(Role::McpServer, &[Algorithm::Es256], |_| {}, |store| store, elsewhere).await
    }

    async fn with_sign_in(
        role: Role,
        algorithms: &[Algorithm],
        change: impl FnOnce(&mut ProviderConfig),
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
        sign_in: impl FnOnce(&Arc<People>) -> (SignIn, Option<Arc<Nextcloud>>),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sealer = Arc::new(Sealer::new(&[Zeroizing::new([7; 32])]).expect("a key"));
        let store = SqliteStore::open(&folder.path().join("store.db"), Arc::clone(&sealer))
            .await
            .expect("a store");
        let store = wrap(Arc::new(store));
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"));
        let options = KeyOptions {
            algorithms: algorithms.to_vec(),
            rsa_bits: 2048,
            ..KeyOptions::default()
        };
        let ring = KeyRing::open(Arc::clone(&store), Arc::clone(&sealer), clock.clone(), options);
        let ring = ring.await.expect("a key ring");
        let public = all_scopes()
            .into_iter()
            .chain(["roles", "groups", "offline_access"].map(str::to_owned));
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut config = ProviderConfig {
            role,
            issuer: match role {
                Role::Cloud => "https://cloud.example",
                Role::McpServer => "https://mcp.example",
            }
            .to_owned(),
            name: "Example".to_owned(),
            account_base: "https://cloud.example".to_owned(),
            public_scopes: public.collect(),
            resources: vec![
                (NOTES.to_owned(), words(&["notes:read", "notes:write"])),
                (FILES.to_owned(), words(&["files:read", "files:write"])),
            ],
            document_hosts: Vec::new(),
            allowed_clients: Vec::new(),
            registration: RegistrationMode::Open,
            refresh_by_registration: role == Role::McpServer,
            registered_scopes_are_a_default: role == Role::McpServer,
            max_dynamic_clients: 1000,
            account_pages: Vec::new(),
            algorithm: Algorithm::Es256,
            lifetimes: Lifetimes::default(),
        };
        change(&mut config);
        let people = Arc::new(People::default());
        people.put(ann());
        let (sign_in, nextcloud) = sign_in(&people);
        let provider = Provider::new(config, Arc::clone(&store), sealer, ring, sign_in, clock.clone());
        Self {
            router: provider.router(),
            provider,
            store,
            clock,
            people,
            nextcloud,
            role,
            _folder: folder,
        }
    }

    /// The server stops and starts again: what is not in the store is gone. People sign in at this server.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            provider,
            store,
            clock,
            people,
            role,
            _folder: folder,
            ..
        } = self;
        let config = provider.config().clone();
        store.close().await;
        drop(provider);
        let sealer = Arc::new(Sealer::new(&[Zeroizing::new([7; 32])]).expect("a key"));
        let store = SqliteStore::open(&folder.path().join("store.db"), Arc::clone(&sealer)).await;
        let store: Arc<dyn Store> = Arc::new(store.expect("the store"));
        let options = KeyOptions {
            algorithms: vec![Algorithm::Es256, Algorithm::EdDsa],
            rsa_bits: 2048,
            ..KeyOptions::default()
        };
        let ring = KeyRing::open(Arc::clone(&store), Arc::clone(&sealer), clock.clone(), options);
        let ring = ring.await.expect("a key ring");
        let sign_in = SignIn::Local(Arc::clone(&people) as Arc<dyn LocalAccounts>);
        let provider = Provider::new(config, Arc::clone(&store), sealer, ring, sign_in, clock.clone());
        Self {
            router: provider.router(),
            provider,
            store,
            clock,
            people,
            nextcloud: None,
            role,
            _folder: folder,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }

    pub(crate) async fn set(&self, key: &str, value: &str) {
        let unit = self.store.begin().await.expect("a unit");
        unit.put_setting(key, Some(value)).await.expect("stored");
        unit.commit().await.expect("committed");
        self.provider.forget_settings();
    }

    /// Adds a client; its secret is its id with `-secret`.
    pub(crate) async fn client(&self, id: &str, change: impl FnOnce(&mut ClientDocument)) -> Client {
        self.client_of(id, ClientKind::Admin, change).await
    }

    pub(crate) async fn client_of(
        &self,
        id: &str,
        kind: ClientKind,
        change: impl FnOnce(&mut ClientDocument),
    ) -> Client {
        let mut document = document(id);
        change(&mut document);
        let secret = match document.auth_method {
            AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => Some(Digest::of(&format!("{id}-secret"))),
            AuthMethod::None | AuthMethod::PrivateKeyJwt => None,
        };
        let new = NewClient {
            client_id: id.to_owned(),
            kind,
            document: serde_json::to_string(&document).expect("writable"),
            secret,
            registration_token: None,
            created_at: self.now(),
            expires_at: None,
        };
        let unit = self.store.begin().await.expect("a unit");
        unit.insert_client(&new).await.expect("a new client");
        unit.commit().await.expect("committed");
        self.find_client(id).await
    }

    pub(crate) async fn find_client(&self, id: &str) -> Client {
        let record = self.store.find_client(id).await.expect("found").expect("there");
        Client::from_record(record).expect("readable")
    }

    /// Replaces a client's document.
    pub(crate) async fn change_client(&self, id: &str, change: impl FnOnce(&mut Client)) {
        let mut client = self.find_client(id).await;
        change(&mut client);
        client.record.document = serde_json::to_string(&client.document).expect("writable");
        let unit = self.store.begin().await.expect("a unit");
        unit.update_client(&client.record).await.expect("stored");
        unit.commit().await.expect("committed");
    }

    /// Adds a resource that belongs to a client.
    pub(crate) async fn resource(&self, uri: &str, owner: Option<&str>, document: &ResourceDocument) {
        let record = ResourceRecord {
            uri: uri.to_owned(),
            owner: owner.map(str::to_owned),
            document: serde_json::to_string(document).expect("writable"),
        };
        let unit = self.store.begin().await.expect("a unit");
        unit.put_resource(&record).await.expect("stored");
        unit.commit().await.expect("committed");
    }

    /// A grant of Ann's with its consents, and a code for it.
    pub(crate) async fn code(&self, client: &str, scopes: &[&str], resources: &[&str]) -> String {
        self.code_with(client, scopes, resources, |_, _| {}).await.0
    }

    /// The same with changes; the code and the grant's id.
    pub(crate) async fn code_with(
        &self,
        client: &str,
        scopes: &[&str],
        resources: &[&str],
        change: impl FnOnce(&mut GrantDocument, &mut CodeDocument),
    ) -> (String, String) {
        let subject = self.provider.subject(&UserId::new("ann")).await.expect("a subject");
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut grant = GrantDocument {
            scopes: words(scopes),
            resources: words(resources),
            authentication: Some(Authentication {
                auth_time: self.now() - 5,
                acr: Some("1".to_owned()),
                amr: vec!["pwd".to_owned()],
            }),
            ..GrantDocument::default()
        };
        let mut code = CodeDocument {
            client_id: client.to_owned(),
            redirect_uri: Some(REDIRECT.to_owned()),
            challenge: Challenge::of(VERIFIER).value().to_owned(),
            challenge_method: "S256".to_owned(),
            nonce: Some("n-1".to_owned()),
        };
        change(&mut grant, &mut code);
        let number = uuid::Uuid::new_v4().simple().to_string();
        let text = format!("ncc_{number}{}", &number[..11]);
        let now = self.now();
        let unit = self.store.begin().await.expect("a unit");
        let consented = if grant.resources.is_empty() {
            vec![String::new()]
        } else {
            grant.resources.clone()
        };
        for resource in consented {
            let consent = ConsentRecord {
                number: 0,
                subject: subject.clone(),
                client_id: client.to_owned(),
                resource,
                scopes: grant.scopes.clone(),
                document: "{}".to_owned(),
                created_at: now,
                updated_at: now,
                expires_at: now + 7_776_000,
            };
            unit.put_consent(&consent).await.expect("stored");
        }
        let id = format!("grant-{number}");
        unit.insert_grant(&GrantRecord {
            id: id.clone(),
            subject: Some(subject),
            client_id: client.to_owned(),
            sid: Some("session-1".to_owned()),
            document: serde_json::to_string(&grant).expect("writable"),
            created_at: now,
            revoked_at: None,
        })
        .await
        .expect("stored");
        unit.insert_code(&CodeRecord {
            code: Digest::of(&text),
            grant: id.clone(),
            document: serde_json::to_string(&code).expect("writable"),
            expires_at: now + 60,
        })
        .await
        .expect("stored");
        unit.commit().await.expect("committed");
        (text, id)
    }

    /// The Nextcloud of a world whose people sign in there.
    pub(crate) fn nextcloud(&self) -> &Nextcloud {
        self.nextcloud.as_deref().expect("people sign in elsewhere")
    }

    /// The path of an endpoint in this role.
    pub(crate) fn path(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.role.prefixes()[0], self.role.path(endpoint))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.expect("readable").to_bytes().to_vec(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }

    /// Posts a form, as the client whose credential is given.
    pub(crate) async fn post(&self, endpoint: Endpoint, who: &As<'_>, form: &[(&str, &str)]) -> Answer {
        self.send(self.form(endpoint, who, form)).await
    }

    pub(crate) fn form(&self, endpoint: Endpoint, who: &As<'_>, form: &[(&str, &str)]) -> Request<Body> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request = Request::post(self.path(endpoint))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ClientAddress(IpAddr::from([192, 0, 2, 1])));
        match who {
            As::Nobody => {}
            As::Public(id) => {
                body.append_pair("client_id", id);
            }
            As::Post(id) => {
                body.append_pair("client_id", id)
                    .append_pair("client_secret", &format!("{id}-secret"));
            }
            As::Basic(id) => {
                request = request.header(header::AUTHORIZATION, basic(id, &format!("{id}-secret")));
            }
        }
        request.body(Body::from(body.finish())).expect("a request")
    }

    pub(crate) async fn token(&self, who: &As<'_>, form: &[(&str, &str)]) -> Answer {
        self.post(Endpoint::Token, who, form).await
    }

    /// Redeems a code.
    pub(crate) async fn redeem(&self, who: &As<'_>, code: &str) -> Answer {
        self.token(who, &code_form(code)).await
    }

    pub(crate) async fn refresh(&self, who: &As<'_>, token: &str) -> Answer {
        self.token(who, &[("grant_type", "refresh_token"), ("refresh_token", token)])
            .await
    }

    /// Whether an access token is believed, for the resource that is told.
    pub(crate) async fn is_live(&self, token: &str, audience: &str) -> bool {
        self.verify(token, audience).await.is_ok()
    }

    pub(crate) async fn verify(
        &self,
        token: &str,
        audience: &str,
    ) -> Result<nc_auth::token::AuthContext, nc_auth::token::TokenRefusal> {
        use nc_auth::token::{TokenUse, VerifyToken as _};
        let header = format!("Bearer {token}");
        let presented = nc_proto::oauth::bearer::Presented::read([header.as_bytes()]);
        let presented = presented.expect("readable").expect("a token");
        let url = url::Url::parse(audience).expect("a URL");
        let request = TokenUse {
            presented: &presented,
            audience,
            method: "GET",
            url: &url,
            proofs: &[],
        };
        self.provider.verify(&request).await
    }

    /// Whether an entry of this event is in the audit log.
    pub(crate) async fn audited(&self, event: &str) -> usize {
        let log = self.store.list_audit(10_000).await.expect("read");
        log.iter().filter(|entry| entry.event == event).count()
    }
}

pub(crate) fn document(id: &str) -> ClientDocument {
    ClientDocument {
        name: format!("Client {id}"),
        application_type: ApplicationType::Web,
        auth_method: AuthMethod::ClientSecretPost,
        redirect_uris: vec![REDIRECT.to_owned()],
        logout_uris: Vec::new(),
        grants: BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken]),
        jwks: None,
        jwks_uri: None,
        tokens_are_jwt: None,
        id_token_algorithm: None,
        allowed_scopes: None,
        default_scopes: None,
        default_resource: None,
        requested_resource: None,
        resources: Vec::new(),
        exchange_targets: Vec::new(),
        groups: Vec::new(),
        email_regex: None,
        custom_claims: Vec::new(),
        auto_grant: false,
        require_par: false,
        require_dpop: false,
        admin_scopes: false,
        legacy_flows: false,
        backchannel_logout_uri: None,
        backchannel_logout_session_required: false,
        contacts: Vec::new(),
        logo_uri: None,
        policy_uri: None,
        tos_uri: None,
        decided: BTreeSet::new(),
        document_hash: None,
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum As<'a> {
    Nobody,
    Public(&'a str),
    Post(&'a str),
    Basic(&'a str),
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))
    )
}

pub(crate) fn code_form(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// A member of a successful answer, as text.
    pub(crate) fn get(&self, name: &str) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}: {}", self.text()))
            .to_owned()
    }

    /// Status and error code.
    pub(crate) fn error(&self) -> (u16, String) {
        let error = self.json()["error"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), error)
    }

    /// Fails unless it is this error.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, error: &str) {
        assert_eq!(self.error(), (status, error.to_owned()), "{}", self.text());
    }
}
