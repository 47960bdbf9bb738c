//! `ocm`: works on what the embedded cloud keeps about other servers, also while a server uses it.

use std::{io::Read as _, path::Path, sync::Arc};

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use nc_auth::{
    UserId,
    federation::{FederationError, Person, Reached, Residents, ResidentsError},
};
use nc_ocm::{
    Contact, KeyChange, KeyInfo, KeyParts, Keys, Ocm, OcmParts, Random,
    net::{list_peers, reset_peer_key},
};
use nc_proto::{
    clock::Clock,
    dav::DavPath,
    ocm::{InviteToken, PeerHost},
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use super::{OrFail, Trouble, admin::show};
use crate::{
    cli::ocm::{InviteCommand, KeysCommand, OcmArguments, OcmCommand, PeersCommand},
    config::{Config, Database},
    provider_data::ProviderData,
};

/// What a command prints.
type Shown = Result<Value, Trouble>;

pub(crate) async fn run(config: &Config, arguments: OcmArguments) -> Result<(), Trouble> {
    // A folder that is made by a slip of the pen would look as if everything were lost.
    if !arguments.data.is_dir() {
        let text = format!("there is no folder {}; name it with --data", arguments.data.display());
        return Err(Trouble::Usage(text));
    }
    let data = ProviderData::open(&arguments.data, &config.embedded.sealing_keys, &Database::InFolder);
    let data = data.await.or_fail()?;
    let origin = arguments.origin.as_deref();
    let shown = match arguments.command {
        OcmCommand::Keys(command) => keys(config, &data, origin, command).await,
        OcmCommand::Peers(command) => peers(&data, command).await,
        OcmCommand::Invite(command) => invite(config, &data, origin, command).await,
    };
    data.store.close().await;
    show::print(&shown?, arguments.json).or_fail()
}

/// The server's address: the one that its keys are called after.
async fn origin(data: &ProviderData, named: Option<&str>) -> Result<Url, Trouble> {
    let known = nc_ocm::origins(&*data.store).await.or_fail()?;
    let usage = |text: &str| Err(Trouble::Usage(text.to_owned()));
    match named {
        Some(named) => {
            let named = named.trim_end_matches('/');
            match known
                .iter()
                .find(|origin| origin.as_str().trim_end_matches('/') == named)
            {
                Some(origin) => Ok(origin.clone()),
                None => {
                    usage("this server has no keys for that address; `--origin` is scheme and host, as at its start")
                }
            }
        }
        None => match known.as_slice() {
            [origin] => Ok(origin.clone()),
            [] => usage("there are no keys here yet; they are made when the server starts with ocm.enabled = true"),
            several => {
                let several: Vec<_> = several.iter().map(Url::as_str).collect();
                usage(&format!(
                    "this server had several addresses; choose one with --origin: {}",
                    several.join(" ")
                ))
            }
        },
    }
}

async fn keys(config: &Config, data: &ProviderData, named: Option<&str>, command: KeysCommand) -> Shown {
    let public_origin = origin(data, named).await?;
    let decided = config.embedded.federation.at(public_origin).or_fail()?;
    let keys = Keys::open(KeyParts {
        store: Arc::clone(&data.store),
        sealer: Arc::clone(&data.sealer),
        clock: Clock::system(),
        random: Random::system(),
        public_origin: decided.public_origin,
        token_ttl: decided.token_ttl,
    });
    let keys = keys.await.or_fail()?;
    let change = match command {
        KeysCommand::List => {
            let listed = keys.list().await.or_fail()?;
            return Ok(listed.iter().map(shown_key).collect());
        }
        KeysCommand::Stage => {
            let change = keys.stage().await.or_fail()?;
            if change.done.is_empty() {
                return Err(failure("keys are pending already; activate them first"));
            }
            change
        }
        KeysCommand::Activate { force } => {
            let change = keys.activate(force).await.or_fail()?;
            check(
                &change,
                "no key is pending; stage keys first",
                "not every other server knows",
            )?;
            change
        }
        KeysCommand::Retire { force } => {
            let change = keys.retire(force).await.or_fail()?;
            check(
                &change,
                "no key is retiring",
                "something may still be good that was signed by",
            )?;
            change
        }
    };
    Ok(change.done.into_iter().map(Value::from).collect())
}

/// Nothing was done: that is a failure, and says why.
fn check(change: &KeyChange, nothing: &str, waiting: &str) -> Result<(), Trouble> {
    if !change.done.is_empty() {
        return Ok(());
    }
    match change.waiting.first() {
        None => Err(failure(nothing)),
        Some((kid, until)) => Err(failure(&format!(
            "{waiting} {kid} before {}; wait, or use --force",
            moment(*until)
        ))),
    }
}

fn failure(text: &str) -> Trouble {
    Trouble::Failure(anyhow!("{text}"))
}

fn shown_key(key: &KeyInfo) -> Value {
    json!({
        "kid": key.kid,
        "algorithm": key.kind.algorithm(),
        "slot": key.slot.word(),
        "since": moment(key.since),
        "next_step_from": key.next_at.map(moment),
    })
}

fn moment(at: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default()
}

async fn peers(data: &ProviderData, command: PeersCommand) -> Shown {
    match command {
        PeersCommand::List => {
            let known = list_peers(&*data.store).await.or_fail()?;
            let shown = known.into_iter().map(|peer| {
                json!({
                    "host": peer.host,
                    "ever_signed": peer.ever_signed,
                    "pinned_key": peer.cavage_key_id,
                    "changed_at": moment(peer.changed_at),
                })
            });
            Ok(shown.collect())
        }
        PeersCommand::ResetKey { host } => {
            let host = PeerHost::parse(&host)
                .map_err(|_| Trouble::Usage("a server is named by its host, such as cloud.example.org".to_owned()))?;
            let now = Clock::system().now().unix_timestamp();
            if reset_peer_key(&*data.store, &host, now).await.or_fail()? {
                Ok(json!({ "host": host.as_str() }))
            } else {
                Err(failure("no key of that server is kept"))
            }
        }
    }
}

async fn invite(config: &Config, data: &ProviderData, named: Option<&str>, command: InviteCommand) -> Shown {
    let decided = config.embedded.federation.at(origin(data, named).await?).or_fail()?;
    let open = |person: Person| {
        Ocm::open(OcmParts {
            config: decided,
            store: Arc::clone(&data.store),
            sealer: Arc::clone(&data.sealer),
            residents: Arc::new(OnlyOne(person)),
            clock: Clock::system(),
            random: Random::system(),
        })
    };
    match command {
        InviteCommand::Create { user } => {
            let user = UserId::new(user);
            let ocm = open(person(&user, None, None)).await.or_fail()?;
            let invite = ocm.invite(&user).await.map_err(refused)?;
            Ok(json!({ "invitation": invite.text.expose_secret(), "expires_at": moment(invite.expires_at) }))
        }
        InviteCommand::Accept {
            user,
            file,
            name,
            email,
        } => {
            let text = read(&file)?;
            let user = UserId::new(user);
            let ocm = open(person(&user, name, email)).await.or_fail()?;
            let invite = InviteToken::parse(&text).map_err(|error| Trouble::Usage(error.to_string()))?;
            let contact = ocm.take_invite(&user, invite).await.map_err(refused)?;
            Ok(shown_contact(&contact))
        }
        InviteCommand::Contacts { user } => {
            let user = UserId::new(user);
            let ocm = open(person(&user, None, None)).await.or_fail()?;
            Ok(ocm.contacts(&user).await.or_fail()?.iter().map(shown_contact).collect())
        }
    }
}

fn shown_contact(contact: &Contact) -> Value {
    json!({
        "address": format!("{}@{}", contact.user, contact.host),
        "name": contact.name,
        "email": contact.email,
    })
}

fn refused(error: FederationError) -> Trouble {
    match error {
        FederationError::Refused(text) => Trouble::Usage(text),
        other => Trouble::Failure(other.into()),
    }
}

fn person(user: &UserId, name: Option<String>, email: Option<String>) -> Person {
    Person {
        id: user.clone(),
        display_name: name.unwrap_or_else(|| user.as_str().to_owned()),
        email,
    }
}

fn read(file: &Path) -> Result<String, Trouble> {
    let mut text = String::new();
    let done = if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(64 << 10)
            .read_to_string(&mut text)
            .map(drop)
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    done.with_context(|| format!("{} cannot be read", file.display()))
        .or_fail()?;
    Ok(text)
}

/// The accounts belong to the process that has the cloud open; here one is told of by whoever calls.
struct OnlyOne(Person);

#[async_trait]
impl Residents for OnlyOne {
    async fn person(&self, id: &str) -> Result<Option<Person>, ResidentsError> {
        Ok(Some(self.0.clone()).filter(|person| person.id.as_str() == id))
    }

    async fn group_members(&self, _: &str) -> Result<Vec<UserId>, ResidentsError> {
        Ok(Vec::new())
    }

    async fn reach(&self, _: &UserId, _: i64) -> Result<Option<Reached>, ResidentsError> {
        Ok(None)
    }

    async fn free_place(&self, _: &UserId, _: &str, _: &[DavPath]) -> Result<DavPath, ResidentsError> {
        Err(ResidentsError("the cloud is not open here".to_owned()))
    }
}
