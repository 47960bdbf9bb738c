//! The properties of what is on another server.
//!
//! What says something about the one who asks, about accounts or about numbers is answered here, whatever the other server says:
//! its numbers would meet ours, and its people are not ours. Everything else is passed on, also what nobody here knows.

use nc_auth::federation::RemoteMount;
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Element, Name, Permissions, PropStat, Propfind, Response, date, props},
};
use sha2::{Digest, Sha256};

use super::{Remote, addresses::Addresses};
use crate::{
    content::Content,
    dav::{
        answer,
        properties::{LIVE, USUAL},
        visit::Visit,
    },
    sharing::{for_kind, letters},
};

/// What is answered here.
static OURS: [Name; 24] = [
    props::ID,
    props::FILEID,
    props::PERMISSIONS,
    props::FAVORITE,
    props::TAGS,
    props::OWNER_ID,
    props::OWNER_DISPLAY_NAME,
    props::SHARE_TYPES,
    props::SHAREES,
    props::MOUNT_TYPE,
    props::COMMENTS_UNREAD,
    props::COMMENTS_COUNT,
    props::COMMENTS_HREF,
    props::SYSTEM_TAGS,
    props::NOTE,
    props::DISPLAYNAME,
    props::HAS_PREVIEW,
    props::HIDDEN,
    props::OCS_SHARE_PERMISSIONS,
    props::OCM_SHARE_PERMISSIONS,
    props::CURRENT_USER_PRINCIPAL,
    props::CURRENT_USER_PRIVILEGE_SET,
    Name::nc("share-attributes"),
    Name::nc("hide-download"),
];

/// Properties that tell how large and how new something is: what the listing of the folder shows of a mount.
pub(super) static OF_A_ROOT: [Name; 16] = [
    props::GETLASTMODIFIED,
    props::GETETAG,
    props::GETCONTENTTYPE,
    props::GETCONTENTLENGTH,
    props::RESOURCETYPE,
    props::CREATIONDATE,
    props::QUOTA_AVAILABLE_BYTES,
    props::QUOTA_USED_BYTES,
    props::SUPPORTEDLOCK,
    props::FILEID,
    props::PERMISSIONS,
    props::SIZE,
    props::CONTAINED_FOLDER_COUNT,
    props::CONTAINED_FILE_COUNT,
    props::CREATION_TIME,
    props::UPLOAD_TIME,
];

/// The first number of what is on other servers; those of the files here are counted from 1 and never get there. All fit into
/// what JSON takes for an integer.
const FIRST_NUMBER: i64 = 1 << 52;

/// What the other server is asked, to answer a question here.
pub(super) fn question(question: &Propfind) -> Propfind {
    let asked = |names: &[Name]| {
        let mut theirs: Vec<Name> = names.iter().filter(|name| !OURS.contains(name)).cloned().collect();
        let mut also = |name: Name| {
            if !theirs.contains(&name) {
                theirs.push(name);
            }
        };
        if names.iter().any(|name| [props::ID, props::FILEID].contains(name)) {
            also(props::FILEID);
        }
        let rights = [
            props::PERMISSIONS,
            props::OCS_SHARE_PERMISSIONS,
            props::OCM_SHARE_PERMISSIONS,
        ];
        if names.iter().any(|name| rights.contains(name)) {
            also(props::PERMISSIONS);
        }
        also(props::RESOURCETYPE);
        theirs
    };
    match question {
        Propfind::Prop(names) => Propfind::Prop(asked(names)),
        Propfind::AllProp { include } if include.is_empty() => Propfind::AllProp { include: Vec::new() },
        Propfind::AllProp { include } => Propfind::AllProp {
            include: asked(include),
        },
        Propfind::PropName => Propfind::PropName,
    }
}

/// Answers one question about what one server shares.
pub(super) struct Describer<'a> {
    pub(super) visit: &'a Visit,
    pub(super) remote: &'a Remote,
    pub(super) question: &'a Propfind,
    /// `None`: nothing in what is known has an address.
    pub(super) addresses: Option<&'a Addresses>,
}

/// One entry as the other server tells it.
struct Told<'a> {
    below: &'a DavPath,
    is_folder: bool,
    response: &'a Response,
    /// Whether the other server was asked for a number.
    asked_for_number: bool,
}

impl Describer<'_> {
    /// The answer about what is `below` the share.
    pub(super) fn describe(&self, below: &DavPath, response: &Response) -> Response {
        let is_folder = match self.question {
            _ if below.is_root() => self.remote.mount.is_folder,
            Propfind::PropName => response.href.ends_with('/'),
            _ => response.is_collection(),
        };
        let told = Told {
            below,
            is_folder,
            response,
            asked_for_number: matches!(self.question, Propfind::Prop(_)),
        };
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        let usual: Vec<&Name> = match self.question {
            Propfind::Prop(names) => names.iter().collect(),
            Propfind::AllProp { include } => {
                let extra = include.iter().filter(|name| !USUAL.contains(name));
                USUAL.iter().chain(extra).collect()
            }
            Propfind::PropName => OURS.iter().collect(),
        };
        for name in usual {
            match self.property(name, &told) {
                Some(element) => found.push(element),
                None => missing.push(Element::new(name.clone())),
            }
        }
        if !matches!(self.question, Propfind::Prop(_)) {
            missing.clear();
            let present = response.propstats.iter().filter(|propstat| propstat.status == 200);
            let others = present.flat_map(|propstat| &propstat.props).filter(|element| {
                let known = LIVE.contains(&element.name) && !matches!(self.question, Propfind::PropName);
                !known && !OURS.contains(&element.name)
            });
            found.extend(others.map(|element| self.turned(element)));
        }
        if matches!(self.question, Propfind::PropName) {
            found = found.into_iter().map(|element| Element::new(element.name)).collect();
        }
        let href = self.visit.place.href(&self.remote.at.join(below), is_folder);
        Response::of_props(href, vec![PropStat::new(200, found), PropStat::new(404, missing)])
    }

    fn turned(&self, element: &Element) -> Element {
        let mut element = element.clone();
        if let Some(addresses) = self.addresses {
            addresses.turn(&mut element);
        }
        element
    }

    fn property(&self, name: &Name, told: &Told<'_>) -> Option<Element> {
        if !OURS.contains(name) {
            return told.response.prop(name).map(|element| self.turned(element));
        }
        let text = |value: String| Some(Element::text(name.clone(), value));
        let mount = &self.remote.mount;
        // Nobody shares on what is not here.
        let all = || permissions(mount, told.response).without(SharePermissions::SHARE);
        let permissions = || for_kind(all(), told.is_folder);
        match (name.namespace(), name.local()) {
            (_, "id") => text(format!("{:08}{}", number(mount, told)?, self.visit.cloud.instance_id())),
            (_, "fileid") => text(number(mount, told)?.to_string()),
            (nc_proto::dav::OWNCLOUD, "permissions") => {
                let letters = letters(all(), told.is_folder, true, told.below.is_root());
                text(letters.with(Permissions::MOUNT).to_string())
            }
            (nc_proto::dav::OCS, _) => text(permissions().bits().to_string()),
            (nc_proto::dav::OCM, _) => {
                let permissions = permissions();
                let writes = permissions.limited_to(SharePermissions::UPDATE.with(SharePermissions::CREATE));
                let words = [
                    (permissions.allows(SharePermissions::READ), "read"),
                    (writes != SharePermissions::NONE, "write"),
                ];
                let words: Vec<&str> = words.iter().filter(|(yes, _)| *yes).map(|(_, word)| *word).collect();
                text(serde_json::json!(words).to_string())
            }
            (_, "favorite") => text("0".to_owned()),
            (_, "owner-id" | "owner-display-name") => text(mount.owner.clone()),
            (_, "mount-type") => text("shared".to_owned()),
            (_, "has-preview" | "hidden") => text("false".to_owned()),
            (_, "tags" | "share-types" | "sharees" | "system-tags") => Some(Element::new(name.clone())),
            (_, "displayname") => text(self.remote.at.join(told.below).name()?.to_owned()),
            _ => None,
        }
    }
}

/// What may be done: what the share allows, and no more than the other server says of this very thing.
fn permissions(mount: &RemoteMount, response: &Response) -> SharePermissions {
    let Some(letters) = response.prop_text(&props::PERMISSIONS) else {
        return mount.permissions;
    };
    let letters = Permissions::parse(&letters);
    let all = [
        (Permissions::READ, SharePermissions::READ),
        (Permissions::WRITE, SharePermissions::UPDATE),
        (Permissions::RENAME, SharePermissions::UPDATE),
        (Permissions::CREATE_FILE, SharePermissions::CREATE),
        (Permissions::DELETE, SharePermissions::DELETE),
    ];
    let told = all.iter().filter(|(letter, _)| letters.allows(*letter));
    let told = told.fold(SharePermissions::NONE, |all, (_, permission)| all.with(*permission));
    told.limited_to(mount.permissions)
}

fn number(mount: &RemoteMount, told: &Told<'_>) -> Option<i64> {
    match told.response.prop_text(&props::FILEID) {
        Some(theirs) => Some(number_of(mount, &theirs)),
        // A server without numbers: the place has to do.
        None if told.asked_for_number => Some(number_at(mount, told.below)),
        None => None,
    }
}

/// Our number of something that has one on the other server. It stays when that is moved there.
pub(super) fn number_of(mount: &RemoteMount, theirs: &str) -> i64 {
    hashed(mount, "id", theirs.trim())
}

fn number_at(mount: &RemoteMount, below: &DavPath) -> i64 {
    hashed(mount, "path", &below.encode())
}

fn hashed(mount: &RemoteMount, kind: &str, text: &str) -> i64 {
    let mut hash = Sha256::new();
    for part in ["remote file", &mount.share_id, kind, text] {
        hash.update(part);
        hash.update([0]);
    }
    let bytes: [u8; 8] = std::array::from_fn({
        let hash = hash.finalize();
        move |at| hash[at]
    });
    FIRST_NUMBER | (i64::from_be_bytes(bytes) & (FIRST_NUMBER - 1))
}

/// What is said of a share whose server has not answered yet.
pub(super) fn unknown(mount: &RemoteMount, name: &str) -> Response {
    let mut known = vec![
        Element::new(props::RESOURCETYPE).with_all(mount.is_folder.then(|| Element::new(Name::dav("collection")))),
        Element::text(
            props::GETLASTMODIFIED,
            date::format_http(answer::time(mount.created_at)),
        ),
        Element::text(props::GETETAG, format!("\"{:x}\"", hashed(mount, "tag", ""))),
    ];
    if !mount.is_folder {
        known.push(Element::text(props::GETCONTENTTYPE, Content::media_type(name)));
    }
    Response::of_props("", vec![PropStat::new(200, known)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(share_id: &str) -> RemoteMount {
        RemoteMount {
            share_id: share_id.to_owned(),
            number: 1,
            at: DavPath::from_names(["shared"]),
            is_folder: true,
            permissions: SharePermissions::ALL,
            owner: "alice@remote.example".to_owned(),
            created_at: 0,
            is_refused: false,
        }
    }

    #[test]
    fn numbers_are_those_of_one_share_only_and_fit_into_json() {
        let (one, other) = (mount("one"), mount("other"));
        assert_eq!(number_of(&one, "7"), number_of(&one, " 7 "));
        assert_ne!(number_of(&one, "7"), number_of(&one, "8"));
        assert_ne!(number_of(&one, "7"), number_of(&other, "7"));
        assert_ne!(number_of(&one, "/7"), number_at(&one, &DavPath::from_names(["7"])));
        for text in ["", "1", "-1", "99999999999999999999", "x"] {
            assert!((1 << 52..1 << 53).contains(&number_of(&one, text)), "{text}");
        }
    }

    #[test]
    fn the_other_server_is_not_asked_for_what_is_answered_here() {
        let asked = question(&Propfind::Prop(vec![
            props::ID,
            props::OWNER_ID,
            props::GETETAG,
            props::FAVORITE,
            props::OCS_SHARE_PERMISSIONS,
        ]));
        let due = [props::GETETAG, props::FILEID, props::PERMISSIONS, props::RESOURCETYPE];
        assert_eq!(asked, Propfind::Prop(due.to_vec()));
        let all = Propfind::AllProp { include: Vec::new() };
        assert_eq!(question(&all), all);
    }

    #[test]
    fn a_server_cannot_grant_more_than_the_share() {
        let mut mount = mount("one");
        mount.permissions = SharePermissions::READ;
        let told = |letters| {
            let element = Element::text(props::PERMISSIONS, letters);
            Response::of_props("/", vec![PropStat::new(200, vec![element])])
        };
        assert_eq!(permissions(&mount, &told("SRGDNVCK")), SharePermissions::READ);
        mount.permissions = SharePermissions::ALL;
        assert_eq!(permissions(&mount, &told("SGNV")).bits(), 3);
    }
}
