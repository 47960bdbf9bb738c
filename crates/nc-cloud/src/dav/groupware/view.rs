use nc_auth::UserId;
use nc_proto::content::{Component, Document, Property};
use sha2::{Digest, Sha256};

use super::{super::DavError, wire::Session};
use crate::{
    accounts::Account,
    collections::{Changed, Collection, CollectionId, HomeKind, Kind, Object, ShareAccess, Stub},
};

/// The name of the address book of all accounts.
pub(super) const ACCOUNTS: &str = "z-server-generated--system";

/// The name of the address book of people that somebody wrote to. The cloud writes to nobody: it is empty.
pub(super) const RECENT: &str = "z-app-generated--contactsinteraction--recent";

/// A collection as the one sees it who asks.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) collection: Collection,
    pub(super) source: Source,
    /// Its address below `/remote.php/dav`.
    pub(super) names: Vec<String>,
    pub(super) role: Role,
}

/// Where the objects of a collection come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Stored,
    Accounts,
    Recent,
}

/// What the one who asks is to a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Owner,
    Shared(ShareAccess),
    /// Somebody who knows the token.
    Public,
}

impl View {
    /// A collection of the viewer's own.
    pub(super) fn own(user: &UserId, collection: Collection) -> Self {
        Self {
            names: address(collection.kind.home(), user, &collection.uri),
            collection,
            source: Source::Stored,
            role: Role::Owner,
        }
    }

    /// A collection of somebody else's.
    pub(super) fn shared(user: &UserId, collection: Collection, access: ShareAccess) -> Self {
        let uri = format!("{}_shared_by_{}", collection.uri, collection.owner);
        Self {
            names: address(collection.kind.home(), user, &uri),
            collection,
            source: Source::Stored,
            role: Role::Shared(access),
        }
    }

    /// A calendar that everybody can read.
    pub(super) fn public(token: &str, collection: Collection) -> Self {
        Self {
            names: vec!["public-calendars".to_owned(), token.to_owned()],
            collection,
            source: Source::Stored,
            role: Role::Public,
        }
    }

    /// An address book that the cloud makes up.
    pub(super) fn made_up(user: &UserId, source: Source, token: i64) -> Self {
        let uri = if source == Source::Accounts { ACCOUNTS } else { RECENT };
        Self {
            collection: Collection {
                id: CollectionId(0),
                kind: Kind::AddressBook,
                owner: user.clone(),
                uri: uri.to_owned(),
                components: vec!["VCARD".to_owned()],
                token,
                deleted_at: None,
            },
            source,
            names: address(HomeKind::AddressBooks, user, uri),
            role: Role::Shared(ShareAccess::Read),
        }
    }

    /// Whether objects can be written.
    pub(super) fn is_writable(&self) -> bool {
        self.source == Source::Stored
            && self.collection.deleted_at.is_none()
            && matches!(self.collection.kind, Kind::Calendar | Kind::AddressBook)
            && matches!(self.role, Role::Owner | Role::Shared(ShareAccess::Write))
    }

    pub(super) fn is_calendar(&self) -> bool {
        self.collection.kind.home() == HomeKind::Calendars
    }

    /// The last name of its address.
    pub(super) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The names of an object in it.
    pub(super) fn child(&self, uri: &str) -> Vec<String> {
        let mut names = self.names.clone();
        names.push(uri.to_owned());
        names
    }

    /// As if it were not there: also the answer to writing where one can only read, as Nextcloud's.
    pub(super) fn missing(&self) -> DavError {
        missing(self.collection.kind.home(), self.name())
    }

    /// Objects that may have an occurrence in `range`, with a number above `after`, at most `limit`.
    pub(super) async fn objects(
        &self,
        session: &Session,
        range: &std::ops::Range<i64>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Object>, DavError> {
        if self.collection.deleted_at.is_some() {
            return Ok(Vec::new());
        }
        match self.source {
            Source::Stored => {
                let collections = session.collections();
                Ok(collections
                    .list_objects(self.collection.id, range, after, limit)
                    .await?)
            }
            Source::Accounts if after == 0 => accounts(session).await,
            Source::Accounts | Source::Recent => Ok(Vec::new()),
        }
    }

    /// The same without the text.
    pub(super) async fn stubs(&self, session: &Session, after: i64, limit: u32) -> Result<Vec<Stub>, DavError> {
        if self.source == Source::Stored && self.collection.deleted_at.is_none() {
            return Ok(session
                .collections()
                .list_stubs(self.collection.id, after, limit)
                .await?);
        }
        let all = self.objects(session, &(i64::MIN..i64::MAX), after, limit).await?;
        Ok(all.iter().map(Object::stub).collect())
    }

    /// An object by its name.
    pub(super) async fn find(&self, session: &Session, uri: &str) -> Result<Option<Object>, DavError> {
        if self.source == Source::Stored {
            if self.collection.deleted_at.is_some() {
                return Ok(None);
            }
            return Ok(session.collections().find_object(self.collection.id, uri).await?);
        }
        let all = self.objects(session, &(i64::MIN..i64::MAX), 0, u32::MAX).await?;
        Ok(all.into_iter().find(|object| object.uri == uri))
    }

    /// What changed after `token`; `None` where nobody knows.
    pub(super) async fn changes(
        &self,
        session: &Session,
        token: i64,
        limit: u32,
    ) -> Result<Option<Vec<Changed>>, DavError> {
        if self.source == Source::Stored {
            let changes = session.collections().changes(self.collection.id, token, limit).await?;
            return Ok(Some(changes));
        }
        if token == self.collection.token {
            return Ok(Some(Vec::new()));
        }
        if token != 0 {
            return Ok(None);
        }
        let all = self.stubs(session, 0, u32::MAX).await?;
        let all = all.into_iter().map(|stub| Changed {
            uri: stub.uri,
            token: self.collection.token,
            deleted: false,
        });
        Ok(Some(all.collect()))
    }
}

fn address(home: HomeKind, user: &UserId, uri: &str) -> Vec<String> {
    let mut names = home_address(home, user);
    names.push(uri.to_owned());
    names
}

/// The address of a person's home.
pub(super) fn home_address(home: HomeKind, user: &UserId) -> Vec<String> {
    let names: &[&str] = match home {
        HomeKind::Calendars => &["calendars"],
        HomeKind::AddressBooks => &["addressbooks", "users"],
    };
    let names = names.iter().copied().chain([user.as_str()]);
    names.map(str::to_owned).collect()
}

/// In Nextcloud's words.
pub(super) fn missing(home: HomeKind, name: &str) -> DavError {
    let what = match home {
        HomeKind::Calendars => "Calendar",
        HomeKind::AddressBooks => "Addressbook",
    };
    DavError::missing(format!("{what} with name '{name}' could not be found"))
}

/// A number that changes when the accounts do.
pub(super) async fn accounts_token(session: &Session) -> Result<i64, DavError> {
    let mut hash = Sha256::new();
    for object in accounts(session).await? {
        hash.update(object.etag);
    }
    let hash = hash.finalize();
    let start = [0, 0, hash[0], hash[1], hash[2], hash[3], hash[4], hash[5]];
    Ok(i64::from_be_bytes(start))
}

/// A card per account, as in Nextcloud's address book of all accounts.
async fn accounts(session: &Session) -> Result<Vec<Object>, DavError> {
    let accounts = session.cloud.accounts().search("", u8::MAX).await?;
    let cards = accounts.iter().zip(1..).map(|(account, id)| {
        let data = card(account);
        Object {
            id,
            uri: format!("Database:{}.vcf", account.id),
            uid: Some(account.id.clone()),
            component: "VCARD".to_owned(),
            etag: hex::encode(&Sha256::digest(&data)[..16]),
            data,
            schedule_tag: None,
            modified_at: account.created_at,
            deleted_at: None,
        }
    });
    Ok(cards.collect())
}

fn card(account: &Account) -> Vec<u8> {
    let mut card = Component::new("VCARD");
    card.add(Property::new("VERSION", "4.0"));
    card.add(Property::text("UID", &account.id));
    card.add(Property::text("FN", &account.display_name));
    let family = nc_proto::content::escape(&account.display_name);
    card.add(Property::new("N", format!("{family};;;;")));
    if let Some(email) = &account.email {
        card.add(Property::text("EMAIL", email).with("TYPE", "OTHER"));
    }
    card.add(Property::text("CLOUD", &account.id));
    Document::of(card).to_bytes()
}
