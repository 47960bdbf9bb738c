//! What files tell about sharing.

use std::collections::BTreeSet;

use nc_auth::UserId;
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{Element, Name, props},
};

use crate::{
    content::Entry,
    dav::{DavError, visit::Visit},
    sharing::{Brief, ShareType, Spot, for_kind},
};

/// A property about sharing; `None` if it is none of these, or if this entry does not have it.
pub(super) fn property(name: &Name, spot: &Spot, entry: &Entry, shared_with: &[Brief]) -> Option<Element> {
    let text = |value: String| Some(Element::text(name.clone(), value));
    let mounted = spot.mounted.as_ref().filter(|_| spot.is_mount_point());
    let mount = mounted.and_then(|mounted| mounted.mount.as_ref());
    let permissions = for_kind(spot.permissions, entry.is_folder());
    if *name == props::OCS_SHARE_PERMISSIONS {
        return text(permissions.bits().to_string());
    }
    if *name == props::OCM_SHARE_PERMISSIONS {
        let writes = permissions.limited_to(SharePermissions::UPDATE.with(SharePermissions::CREATE));
        let words = [
            (permissions.allows(SharePermissions::SHARE), "share"),
            (permissions.allows(SharePermissions::READ), "read"),
            (writes != SharePermissions::NONE, "write"),
        ];
        let words: Vec<&str> = words.iter().filter(|(yes, _)| *yes).map(|(_, word)| *word).collect();
        return text(serde_json::json!(words).to_string());
    }
    if *name == props::MOUNT_TYPE {
        let is_shared = spot.mounted.as_ref().is_some_and(|mounted| mounted.mount.is_some());
        return text(if is_shared { "shared" } else { "" }.to_owned());
    }
    if *name == props::SHARE_TYPES {
        let received = mounted.into_iter().flat_map(|mounted| mounted.share_types());
        let made = shared_with.iter().map(|brief| &brief.share_type);
        let types: BTreeSet<ShareType> = received.chain(made).copied().collect();
        let types = types.into_iter();
        let types = types.map(|kind| Element::text(Name::oc("share-type"), kind.number().to_string()));
        return Some(Element::new(name.clone()).with_all(types));
    }
    if *name == props::NOTE {
        return text(mount?.note.clone());
    }
    if *name == Name::nc("share-attributes") {
        let mount = spot.mounted.as_ref()?.mount.as_ref()?;
        return text(mount.attributes.clone().unwrap_or_else(|| "[]".to_owned()));
    }
    None
}

/// `nc:sharees`: everybody with whom the one who asks shares it.
pub(super) async fn sharees(visit: &Visit, shared_with: &[Brief]) -> Result<Element, DavError> {
    let mut all = Vec::with_capacity(shared_with.len());
    for brief in shared_with {
        let id = brief.share_with.clone().unwrap_or_default();
        let display_name = match brief.share_type {
            ShareType::User => visit.cloud.display_name(&UserId::new(id.as_str())).await?.to_string(),
            ShareType::Group | ShareType::Remote | ShareType::RemoteGroup => id.clone(),
            ShareType::Link | ShareType::Mail => String::new(),
        };
        all.push(
            Element::new(Name::nc("sharee"))
                .with(Element::text(Name::nc("id"), id))
                .with(Element::text(Name::nc("display-name"), display_name))
                .with(Element::text(Name::nc("type"), brief.share_type.number().to_string())),
        );
    }
    Ok(Element::new(props::SHAREES).with_all(all))
}
