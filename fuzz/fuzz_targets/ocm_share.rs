//! Shares, notifications and invitations of other servers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::ocm::{
    ErrorBody, InviteAccepted, Notification, OcmAddress, PeerHost, ShareAccepted, ShareMessage, WebdavUri, clean_name,
};

fuzz_target!(|data: &[u8]| {
    if let Ok(share) = ShareMessage::parse(data) {
        assert_eq!(clean_name(&share.name).as_deref(), Ok(share.name.as_str()));
        assert!(share.webdav.is_some() || share.webapp.is_some());
        if let Some(WebdavUri::Absolute(url)) = share.webdav.as_ref().map(|webdav| &webdav.uri) {
            assert_eq!(PeerHost::of_url(url), Ok(share.owner.host.clone()));
        }
        let value = share.to_value();
        let again = ShareMessage::parse(value.to_string().as_bytes()).expect("what is written reads back");
        assert_eq!(again.to_value(), value);
        if share.webdav.is_some() {
            let hybrid = ShareMessage::parse(share.to_hybrid_value().to_string().as_bytes()).expect("also for Nextcloud");
            assert_eq!(hybrid.requirements(), share.requirements());
        }
    }
    if let Ok(notification) = Notification::parse(data) {
        let value = notification.to_value();
        let again = Notification::parse(value.to_string().as_bytes()).expect("what is written reads back");
        assert_eq!(again.to_value(), value);
    }
    if let Ok(accepted) = InviteAccepted::parse(data) {
        let value = accepted.to_value();
        let again = InviteAccepted::parse(value.to_string().as_bytes()).expect("what is written reads back");
        assert_eq!(again.to_value(), value);
    }
    if let Ok(accepted) = ShareAccepted::parse(data) {
        assert_eq!(ShareAccepted::parse(accepted.to_value().to_string().as_bytes()), Ok(accepted));
    }
    let error = ErrorBody::parse(data);
    assert!(error.message.chars().count() <= 300 && !error.message.contains(char::is_control));
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(address) = OcmAddress::parse(text) {
        assert_eq!(OcmAddress::parse(&address.to_string()), Ok(address));
    }
});
