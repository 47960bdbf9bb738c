//! What another server gets to see of a share: how it may be opened, in which form it is offered, and whether at all.

use nc_proto::ocm::{Criterion, Discovery, ShareKind};

use super::document::Mode;
use crate::{Offer, OutboundSignatures};

/// What this server allows toward one other server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// How shares are offered where tokens can be exchanged.
    pub(super) offer: Offer,
    /// Whether the operator named this server, and said that tokens are a must.
    pub(super) is_strict_only: bool,
    /// Whether secrets of shares open files here.
    pub(super) takes_secrets: bool,
    /// How messages are signed.
    pub(super) outbound: OutboundSignatures,
    /// Whether the one there is known by an invitation.
    pub(super) is_contact: bool,
}

/// How a share is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) mode: Mode,
    /// Whether in the form that Nextcloud 31 to 34 understand.
    pub(super) is_hybrid: bool,
    /// What the message calls a folder: those servers know files only.
    pub(super) is_folder: bool,
    /// Whether the address of the files is written out.
    pub(super) is_absolute: bool,
}

/// Why a share is not offered. Its texts are for the one who shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotOffered {
    #[error("the other server does not take such shares; it may take shares with single people or of single files")]
    NotReceived,
    #[error("the other server demands access tokens, which are switched off here")]
    ExchangeOff,
    #[error("the other server cannot exchange access tokens, and shares without them are switched off here")]
    LegacyOff,
    #[error("the other server demands signatures (RFC 9421) that are not exchanged with it")]
    SignaturesOff,
    #[error("the other server takes shares from people who were invited only; accept an invitation first")]
    NotInvited,
}

/// Chooses by what the other server says.
pub(super) fn choose(
    peer: &Discovery,
    policy: Policy,
    is_folder: bool,
    receiver: ShareKind,
) -> Result<Choice, NotOffered> {
    let receives = |resource| peer.receives(resource, receiver.name());
    let is_folder_there = is_folder && receives("folder");
    if !is_folder_there && !receives("file") {
        return Err(NotOffered::NotReceived);
    }
    let signs = matches!(policy.outbound, OutboundSignatures::Auto | OutboundSignatures::Rfc9421);
    if peer.demands(Criterion::MustUseHttpSig) && !(signs && peer.can_sign()) {
        return Err(NotOffered::SignaturesOff);
    }
    if peer.demands(Criterion::MustInvite) && !policy.is_contact {
        return Err(NotOffered::NotInvited);
    }
    let mode = mode(peer, policy)?;
    Ok(Choice {
        mode,
        is_hybrid: !peer.can_exchange(),
        is_folder: is_folder_there,
        is_absolute: peer.receives_absolute_uri(),
    })
}

fn mode(peer: &Discovery, policy: Policy) -> Result<Mode, NotOffered> {
    let secrets = |mode| policy.takes_secrets.then_some(mode).ok_or(NotOffered::LegacyOff);
    if peer.demands(Criterion::MustExchangeToken) {
        return match policy.offer {
            Offer::Off => Err(NotOffered::ExchangeOff),
            Offer::Strict | Offer::Optional => Ok(Mode::Strict),
        };
    }
    match (peer.can_exchange(), policy.offer) {
        (true, Offer::Strict) if peer.can_sign() => Ok(Mode::Strict),
        // Who cannot sign may still exchange; but nobody could tell its requests from those of a thief.
        (true, Offer::Strict | Offer::Optional) if !policy.is_strict_only => secrets(Mode::Optional),
        (false, Offer::Strict | Offer::Optional) if !policy.is_strict_only => secrets(Mode::Legacy),
        (_, Offer::Off) => secrets(Mode::Legacy),
        _ => Err(NotOffered::LegacyOff),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn peer(change: impl FnOnce(&mut Value)) -> Discovery {
        let receives = json!({"webdav": "/public.php/webdav/", "webdav-receive": {"uri": "relative"}});
        let mut value = json!({"enabled": true, "apiVersion": "1.4.0", "endPoint": "https://recv.example/ocm",
            "resourceTypes": [{"name": "file", "shareTypes": ["user", "group"], "protocols": receives},
                {"name": "folder", "shareTypes": ["user"], "protocols": receives}],
            "capabilities": ["exchange-token", "http-sig"], "criteria": [],
            "tokenEndPoint": "https://recv.example/ocm/token", "jwksUri": "https://recv.example/ocm/jwks"});
        change(&mut value);
        Discovery::parse(value.to_string().as_bytes()).expect("a document")
    }

    /// As Nextcloud 31 to 34.
    fn nextcloud() -> Discovery {
        peer(|value| {
            value["capabilities"] = json!(["/shares", "/notifications"]);
            value["resourceTypes"] = json!([{"name": "file", "shareTypes": ["user", "group"],
                "protocols": {"webdav": "/public.php/webdav/"}}]);
        })
    }

    const POLICY: Policy = Policy {
        offer: Offer::Strict,
        is_strict_only: false,
        takes_secrets: true,
        outbound: OutboundSignatures::Auto,
        is_contact: false,
    };

    fn mode_of(peer: &Discovery, policy: Policy) -> Result<Mode, NotOffered> {
        choose(peer, policy, false, ShareKind::User).map(|choice| choice.mode)
    }

    #[test]
    fn the_mode_follows_what_the_other_server_can_and_demands() {
        let unsigned = peer(|value| value["capabilities"] = json!(["exchange-token"]));
        let demanding = peer(|value| value["criteria"] = json!(["must-exchange-token"]));
        let optional = Policy {
            offer: Offer::Optional,
            ..POLICY
        };
        let off = Policy {
            offer: Offer::Off,
            ..POLICY
        };
        for (peer, policy, expected) in [
            (&peer(|_| ()), POLICY, Ok(Mode::Strict)),
            (&peer(|_| ()), optional, Ok(Mode::Optional)),
            (&peer(|_| ()), off, Ok(Mode::Legacy)),
            (&unsigned, POLICY, Ok(Mode::Optional)),
            (&demanding, optional, Ok(Mode::Strict)),
            (&demanding, off, Err(NotOffered::ExchangeOff)),
            (&nextcloud(), POLICY, Ok(Mode::Legacy)),
        ] {
            assert_eq!(mode_of(peer, policy), expected, "{policy:?}");
        }
    }

    /// Flow G.
    #[test]
    fn a_strict_only_policy_offers_nothing_that_a_secret_opens() {
        let unsigned = peer(|value| value["capabilities"] = json!(["exchange-token"]));
        let no_secrets = Policy {
            takes_secrets: false,
            ..POLICY
        };
        let strict_only = Policy {
            is_strict_only: true,
            ..POLICY
        };
        for policy in [no_secrets, strict_only] {
            assert_eq!(mode_of(&nextcloud(), policy), Err(NotOffered::LegacyOff));
            assert_eq!(mode_of(&unsigned, policy), Err(NotOffered::LegacyOff));
            assert_eq!(mode_of(&peer(|_| ()), policy), Ok(Mode::Strict));
        }
    }

    #[test]
    fn what_is_not_advertised_is_not_sent() {
        let chosen = |peer: &Discovery, is_folder, receiver| choose(peer, POLICY, is_folder, receiver);
        let ours = peer(|_| ());
        let folder = chosen(&ours, true, ShareKind::User).expect("offered");
        assert!(folder.is_folder && !folder.is_hybrid);
        let to_group = chosen(&ours, true, ShareKind::Group).expect("offered");
        assert!(
            !to_group.is_folder,
            "as a file: folders are not shared with groups there"
        );
        let older = chosen(&nextcloud(), true, ShareKind::Group).expect("offered");
        assert!(older.is_hybrid && !older.is_folder);
        let people_only = peer(|value| {
            value["resourceTypes"][0]["shareTypes"] = json!(["user"]);
        });
        assert_eq!(
            chosen(&people_only, false, ShareKind::Group),
            Err(NotOffered::NotReceived)
        );
    }

    #[test]
    fn demands_for_signatures_and_invitations_are_heeded() {
        let signing = peer(|value| value["criteria"] = json!(["must-use-http-sig"]));
        assert_eq!(mode_of(&signing, POLICY), Ok(Mode::Strict));
        for outbound in [OutboundSignatures::Cavage, OutboundSignatures::Off] {
            let policy = Policy { outbound, ..POLICY };
            assert_eq!(mode_of(&signing, policy), Err(NotOffered::SignaturesOff));
        }
        let inviting = peer(|value| value["criteria"] = json!(["invite"]));
        assert_eq!(mode_of(&inviting, POLICY), Err(NotOffered::NotInvited));
        let known = Policy {
            is_contact: true,
            ..POLICY
        };
        assert_eq!(mode_of(&inviting, known), Ok(Mode::Strict));
    }
}
