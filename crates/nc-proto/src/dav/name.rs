use std::{borrow::Cow, fmt};

/// The namespace of RFC 4918.
pub const DAV: &str = "DAV:";
/// Properties that Nextcloud inherited.
pub const OWNCLOUD: &str = "http://owncloud.org/ns";
/// Nextcloud's own properties.
pub const NEXTCLOUD: &str = "http://nextcloud.org/ns";
/// The namespace of `ocs:share-permissions`.
pub const OCS: &str = "http://open-collaboration-services.org/ns";
/// The namespace of `ocm:share-permissions`.
pub const OCM: &str = "http://open-cloud-mesh.org/ns";
/// The namespace of error details.
pub const SABRE: &str = "http://sabredav.org/ns";
/// `CalDAV`, RFC 4791.
pub const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// `CardDAV`, RFC 6352.
pub const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// Extensions of Apple's calendar server (`getctag` and others).
pub const CALENDARSERVER: &str = "http://calendarserver.org/ns/";

/// Namespaces that are common enough to get a fixed prefix, and to be kept without a copy.
pub(super) const KNOWN: [(&str, &str); 9] = [
    ("d", DAV),
    ("s", SABRE),
    ("oc", OWNCLOUD),
    ("nc", NEXTCLOUD),
    ("ocs", OCS),
    ("ocm", OCM),
    ("cal", CALDAV),
    ("card", CARDDAV),
    ("cs", CALENDARSERVER),
];

/// Name of an XML element or attribute: namespace and local part. Prefixes mean nothing and are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    namespace: Cow<'static, str>,
    local: Cow<'static, str>,
}

impl Name {
    /// A name known at compile time.
    pub const fn constant(namespace: &'static str, local: &'static str) -> Self {
        Self {
            namespace: Cow::Borrowed(namespace),
            local: Cow::Borrowed(local),
        }
    }

    /// A name read from somewhere.
    pub fn new(namespace: &str, local: &str) -> Self {
        let namespace = KNOWN
            .iter()
            .find(|(_, known)| *known == namespace)
            .map_or_else(|| Cow::Owned(namespace.to_owned()), |(_, known)| Cow::Borrowed(*known));
        Self {
            namespace,
            local: Cow::Owned(local.to_owned()),
        }
    }

    /// A name in the namespace `DAV:`.
    pub const fn dav(local: &'static str) -> Self {
        Self::constant(DAV, local)
    }

    /// A name in the namespace of `oc:`.
    pub const fn oc(local: &'static str) -> Self {
        Self::constant(OWNCLOUD, local)
    }

    /// A name in the namespace of `nc:`.
    pub const fn nc(local: &'static str) -> Self {
        Self::constant(NEXTCLOUD, local)
    }

    /// The namespace; empty where there is none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The part after the prefix.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// Whether this is the name with that namespace and local part.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace == namespace && self.local == local
    }

    /// Reads the form `{namespace}local`.
    pub fn from_clark(text: &str) -> Option<Self> {
        let (namespace, local) = text.strip_prefix('{')?.rsplit_once('}')?;
        (!local.is_empty()).then(|| Self::new(namespace, local))
    }
}

/// Clark notation, `{DAV:}propfind`: the form in which sabre names elements in its messages.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.namespace, self.local)
    }
}

macro_rules! properties {
    ($($(#[$doc:meta])* $constant:ident = $namespace:ident $local:literal;)*) => {
        $($(#[$doc])* pub const $constant: Name = Name::constant($namespace, $local);)*
    };
}

/// The properties of files and folders.
pub mod props {
    use super::{DAV, NEXTCLOUD, Name, OCM, OCS, OWNCLOUD};

    properties! {
        /// Time of the last change of the content.
        GETLASTMODIFIED = DAV "getlastmodified";
        /// Writable twin of `getlastmodified`: Nextcloud takes seconds since 1970 here.
        LASTMODIFIED = DAV "lastmodified";
        /// The entity tag, quoted.
        GETETAG = DAV "getetag";
        /// Media type; absent on folders.
        GETCONTENTTYPE = DAV "getcontenttype";
        /// Size of a file; absent on folders.
        GETCONTENTLENGTH = DAV "getcontentlength";
        /// Tells a folder from a file.
        RESOURCETYPE = DAV "resourcetype";
        /// The name as people see it.
        DISPLAYNAME = DAV "displayname";
        /// Creation time, RFC 3339.
        CREATIONDATE = DAV "creationdate";
        /// Free bytes; negative values mean "unknown" (-2) and "unlimited" (-3).
        QUOTA_AVAILABLE_BYTES = DAV "quota-available-bytes";
        /// Used bytes.
        QUOTA_USED_BYTES = DAV "quota-used-bytes";
        /// The locks on a resource.
        LOCKDISCOVERY = DAV "lockdiscovery";
        /// The kinds of lock that a resource takes.
        SUPPORTEDLOCK = DAV "supportedlock";
        /// Who asks.
        CURRENT_USER_PRINCIPAL = DAV "current-user-principal";
        /// What the one who asks may do.
        CURRENT_USER_PRIVILEGE_SET = DAV "current-user-privilege-set";
        /// Padded file id with the instance's suffix.
        ID = OWNCLOUD "id";
        /// The plain file id.
        FILEID = OWNCLOUD "fileid";
        /// Letters of [`super::super::Permissions`].
        PERMISSIONS = OWNCLOUD "permissions";
        /// Size; recursive on folders.
        SIZE = OWNCLOUD "size";
        /// `1` for a favourite of this user.
        FAVORITE = OWNCLOUD "favorite";
        /// Checksums that the uploader gave.
        CHECKSUMS = OWNCLOUD "checksums";
        /// One checksum inside of [`CHECKSUMS`].
        CHECKSUM = OWNCLOUD "checksum";
        /// Kinds of shares on a resource.
        SHARE_TYPES = OWNCLOUD "share-types";
        /// User id of the owner.
        OWNER_ID = OWNCLOUD "owner-id";
        /// Name of the owner.
        OWNER_DISPLAY_NAME = OWNCLOUD "owner-display-name";
        /// Number of unread comments.
        COMMENTS_UNREAD = OWNCLOUD "comments-unread";
        /// Number of comments.
        COMMENTS_COUNT = OWNCLOUD "comments-count";
        /// Address of the comments.
        COMMENTS_HREF = OWNCLOUD "comments-href";
        /// Tags of this user; Nextcloud has forgotten them but for the name.
        TAGS = OWNCLOUD "tags";
        /// Whether a preview can be made.
        HAS_PREVIEW = NEXTCLOUD "has-preview";
        /// Empty for the user's own files.
        MOUNT_TYPE = NEXTCLOUD "mount-type";
        /// End-to-end encryption; absent where the app is absent.
        IS_ENCRYPTED = NEXTCLOUD "is-encrypted";
        /// Number of folders directly inside.
        CONTAINED_FOLDER_COUNT = NEXTCLOUD "contained-folder-count";
        /// Number of files directly inside.
        CONTAINED_FILE_COUNT = NEXTCLOUD "contained-file-count";
        /// Creation time that the uploader gave, in seconds since 1970; 0 for none.
        CREATION_TIME = NEXTCLOUD "creation_time";
        /// Time of the upload, in seconds since 1970.
        UPLOAD_TIME = NEXTCLOUD "upload_time";
        /// Note of a share.
        NOTE = NEXTCLOUD "note";
        /// Receivers of shares on a resource.
        SHAREES = NEXTCLOUD "sharees";
        /// Tags that all users share.
        SYSTEM_TAGS = NEXTCLOUD "system-tags";
        /// Hidden by the server.
        HIDDEN = NEXTCLOUD "hidden";
        /// Entity tag of the metadata.
        METADATA_ETAG = NEXTCLOUD "metadata_etag";
        /// Share permissions as a bit mask.
        OCS_SHARE_PERMISSIONS = OCS "share-permissions";
        /// Share permissions as a JSON list.
        OCM_SHARE_PERMISSIONS = OCM "share-permissions";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clark_notation_goes_both_ways() {
        let name = Name::new(OWNCLOUD, "fileid");
        assert_eq!(name.to_string(), "{http://owncloud.org/ns}fileid");
        assert_eq!(Name::from_clark(&name.to_string()), Some(props::FILEID));
        assert_eq!(Name::from_clark("{}bare"), Some(Name::new("", "bare")));
        assert_eq!(Name::from_clark("fileid"), None);
    }
}
