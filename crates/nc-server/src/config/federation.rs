//! How the embedded cloud shares with other servers.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use nc_ocm::{InboundSignatures, OcmConfig, Offer, OutboundSignatures, signature::SigningAlgorithm};
use nc_proto::ocm::PeerHost;
use time::{Date, Time, macros::format_description};
use url::Url;

use super::{
    layers::{ConfigError, Layers},
    resolve::{Reader, conflict},
};

/// How the embedded cloud shares with other servers.
#[derive(Debug, Clone)]
pub struct FederationSettings {
    /// Whether it does.
    pub enabled: bool,
    /// Everything but the origin, and what is in the file.
    decided: OcmConfig,
    /// Certificate authorities that are trusted beside the system's.
    ca_file: Option<PathBuf>,
}

impl FederationSettings {
    /// For a cloud at this origin.
    ///
    /// # Errors
    /// When the file of certificate authorities cannot be read.
    pub fn at(&self, public_origin: Url) -> Result<OcmConfig, ConfigError> {
        let extra_roots_pem = match &self.ca_file {
            Some(path) => fs::read(path)
                .map_err(|error| conflict(&format!("cloud.ca_file: cannot read {}: {error}", path.display())))?,
            None => Vec::new(),
        };
        Ok(OcmConfig {
            public_origin,
            extra_roots_pem,
            ..self.decided.clone()
        })
    }
}

pub(super) fn settings(layers: &Layers, reader: &Reader<'_>) -> Result<FederationSettings, ConfigError> {
    let nowhere = Url::parse("https://localhost").map_err(|_| conflict("an address cannot be read"))?;
    let decided = OcmConfig {
        provider_name: reader.text("ocm.provider_name"),
        outbound: match reader.text("ocm.sign_outbound").to_ascii_lowercase().as_str() {
            "rfc9421" => OutboundSignatures::Rfc9421,
            "cavage" => OutboundSignatures::Cavage,
            "off" => OutboundSignatures::Off,
            _ => OutboundSignatures::Auto,
        },
        algorithm_to: algorithms(reader)?,
        inbound: match reader.text("ocm.sign_inbound").to_ascii_lowercase().as_str() {
            "require" => InboundSignatures::Require,
            "optional" => InboundSignatures::Optional,
            _ => InboundSignatures::IfCapable,
        },
        allow_rsa: reader.bool("ocm.allow_rsa"),
        skew: reader.seconds("ocm.signature_skew_s"),
        window: reader.seconds("ocm.signature_window_s"),
        token_ttl: Duration::from_secs(u64::from(reader.count("ocm.token_ttl_s"))),
        token_ed25519: reader.text("ocm.token_algorithm").eq_ignore_ascii_case("EdDSA"),
        must_exchange_token: reader.bool("ocm.must_exchange_token"),
        offer: offer(&reader.text("ocm.offer")).unwrap_or(Offer::Strict),
        offer_to: offers(reader)?,
        legacy_basic: reader.bool("ocm.legacy_basic"),
        legacy_basic_until: layers.given("ocm.legacy_basic_until").map(day).transpose()?,
        allow: hosts(reader, "ocm.allow"),
        deny: hosts(reader, "ocm.deny"),
        same_authority_exceptions: pairs(reader, "ocm.same_authority_exceptions")?.into_iter().collect(),
        timeout: timeout(reader)?,
        max_response: (reader.count("ocm.max_response_kb") as usize) << 10,
        cleanup_interval: Duration::from_secs(u64::from(reader.count("ocm.cleanup_minutes")) * 60),
        allow_private: reader.bool("ocm.allow_private"),
        allow_http: reader.bool("ocm.allow_http"),
        shares_per_host_per_hour: reader.count("ocm.shares_per_host_per_hour"),
        token_requests_per_share_per_minute: reader.count("ocm.token_requests_per_share_per_minute"),
        live_tokens_per_share: reader.count("ocm.live_tokens_per_share") as usize,
        ocm_share_grant: reader.bool("ocm.compat_ocm_share_grant"),
        ..OcmConfig::new(nowhere)
    };
    Ok(FederationSettings {
        enabled: reader.bool("ocm.enabled"),
        decided,
        ca_file: layers.given("cloud.ca_file").map(PathBuf::from),
    })
}

fn offer(word: &str) -> Option<Offer> {
    match word.to_ascii_lowercase().as_str() {
        "strict" => Some(Offer::Strict),
        "optional" => Some(Offer::Optional),
        "off" => Some(Offer::Off),
        _ => None,
    }
}

fn offers(reader: &Reader<'_>) -> Result<BTreeMap<String, Offer>, ConfigError> {
    let read = |(host, word): (String, String)| {
        let offer = offer(&word).ok_or_else(|| {
            conflict(&format!(
                "ocm.offer_to: `{word}` is none of strict, optional, off; write entries as cloud.example.org=optional"
            ))
        })?;
        Ok((host, offer))
    };
    pairs(reader, "ocm.offer_to")?.into_iter().map(read).collect()
}

fn algorithms(reader: &Reader<'_>) -> Result<BTreeMap<PeerHost, SigningAlgorithm>, ConfigError> {
    const KEY: &str = "ocm.sign_algorithm_to";
    let mut algorithms = BTreeMap::new();
    for (server, word) in pairs(reader, KEY)? {
        let host = PeerHost::parse(&server).map_err(|_| conflict(&format!("{KEY}: `{server}` is no host")))?;
        let algorithm = match word.as_str() {
            "es256" => SigningAlgorithm::Es256,
            "ed25519" => SigningAlgorithm::Ed25519,
            _ => {
                return Err(conflict(&format!(
                    "{KEY}: `{word}` is none of es256, ed25519; write entries as cloud.example.org=es256"
                )));
            }
        };
        if algorithms.insert(host, algorithm).is_some() {
            return Err(conflict(&format!("{KEY}: `{server}` is named twice")));
        }
    }
    Ok(algorithms)
}

fn pairs(reader: &Reader<'_>, key: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let read = |entry: String| {
        let pair = entry.split_once('=').map(|(left, right)| (left.trim(), right.trim()));
        let pair = pair.filter(|(left, right)| !left.is_empty() && !right.is_empty());
        let (left, right) =
            pair.ok_or_else(|| conflict(&format!("{key}: `{entry}` has no `=`; write cloud.example.org=…")))?;
        // As hosts are compared: an entry in another spelling would never count.
        let host = PeerHost::parse(left).map_err(|_| {
            conflict(&format!(
                "{key}: `{left}` is no host; write cloud.example.org or cloud.example.org:8443"
            ))
        })?;
        Ok((host.to_string(), right.to_ascii_lowercase()))
    };
    reader.list(key).into_iter().map(read).collect()
}

fn hosts<All: FromIterator<String>>(reader: &Reader<'_>, key: &str) -> All {
    reader
        .list(key)
        .into_iter()
        .map(|host| host.to_ascii_lowercase())
        .collect()
}

/// An offer that is under way is left alone for a minute; nothing may take longer.
fn timeout(reader: &Reader<'_>) -> Result<Duration, ConfigError> {
    let timeout = reader.seconds("ocm.timeout_s");
    if (Duration::from_secs(1)..=Duration::from_secs(30)).contains(&timeout) {
        Ok(timeout)
    } else {
        Err(conflict("ocm.timeout_s must be from 1 to 30 seconds"))
    }
}

/// The end of that day, UTC.
fn day(text: &str) -> Result<i64, ConfigError> {
    let day = Date::parse(text.trim(), format_description!("[year]-[month]-[day]"));
    let day = day.map_err(|_| conflict("ocm.legacy_basic_until must be a day such as 2027-12-31"))?;
    Ok(day.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp() + 24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};

    fn resolve(pairs: &[(&str, &str)]) -> Result<FederationSettings, String> {
        let environment: Environment = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let layers = Layers::read(None, &environment, &[]).map_err(|error| error.to_string())?;
        let config = Config::resolve(&layers).map_err(|error| error.to_string())?;
        Ok(config.embedded.federation)
    }

    #[test]
    fn what_ships_is_what_the_crate_says() {
        let settings = resolve(&[]).expect("settings");
        assert!(!settings.enabled);
        let origin: Url = "https://cloud.example.org".parse().expect("a URL");
        assert_eq!(
            format!("{:?}", settings.at(origin.clone()).expect("no file")),
            format!("{:?}", OcmConfig::new(origin))
        );
    }

    #[test]
    fn values_are_taken_or_refused() {
        let settings = resolve(&[
            ("OCM_ENABLED", "true"),
            ("OCM_SIGN_INBOUND", "require"),
            (
                "OCM_OFFER_TO",
                "A.example=optional, b.example:443=OFF, bücher.example=strict",
            ),
            ("OCM_LEGACY_BASIC_UNTIL", "1970-01-02"),
            ("OCM_SAME_AUTHORITY_EXCEPTIONS", "a.example=dav.a.example"),
            (
                "OCM_SIGN_ALGORITHM_TO",
                "A.example:443=ES256, https://b.example:8443/ = ed25519",
            ),
            ("OCM_TOKEN_TTL_S", "60"),
        ]);
        let settings = settings.expect("settings");
        assert!(settings.enabled);
        let config = settings.decided;
        assert_eq!(config.inbound, InboundSignatures::Require);
        let offers = [
            ("a.example", Offer::Optional),
            ("b.example", Offer::Off),
            ("xn--bcher-kva.example", Offer::Strict),
        ];
        let offers = offers.map(|(host, offer)| (host.to_owned(), offer));
        assert_eq!(config.offer_to, BTreeMap::from(offers));
        let algorithms = [
            ("a.example", SigningAlgorithm::Es256),
            ("b.example:8443", SigningAlgorithm::Ed25519),
        ];
        let algorithms = algorithms.map(|(host, algorithm)| (PeerHost::parse(host).expect("a host"), algorithm));
        assert_eq!(config.algorithm_to, BTreeMap::from(algorithms));
        assert_eq!(config.legacy_basic_until, Some(2 * 86_400));
        assert!(
            config
                .same_authority_exceptions
                .contains(&("a.example".to_owned(), "dav.a.example".to_owned()))
        );
        assert_eq!(config.token_ttl.as_secs(), 60);
        for (name, value) in [
            ("OCM_OFFER_TO", "a.example"),
            ("OCM_OFFER_TO", "a.example=maybe"),
            ("OCM_LEGACY_BASIC_UNTIL", "soon"),
            ("OCM_TOKEN_TTL_S", "59"),
            ("OCM_TOKEN_TTL_S", "3601"),
            ("OCM_SIGN_OUTBOUND", "md5"),
            ("OCM_OFFER_TO", "a b.example=strict"),
            ("OCM_OFFER_TO", "a.example/x=strict"),
            ("OCM_TIMEOUT_S", "0.5"),
            ("OCM_TIMEOUT_S", "31"),
        ] {
            assert!(resolve(&[(name, value)]).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn the_private_authorities_of_the_nextcloud_are_those_for_other_servers_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("authority.pem");
        fs::write(&file, "a certificate").expect("written");
        let path = file.to_str().expect("UTF-8").to_owned();
        // What switches checks off towards the Nextcloud says nothing about other servers.
        let settings = resolve(&[
            ("NEXTCLOUD_CA_BUNDLE", path.as_str()),
            ("NEXTCLOUD_VERIFY_SSL", "false"),
        ]);
        let settings = settings.expect("settings");
        let origin: Url = "https://cloud.example.org".parse().expect("a URL");
        let config = settings.at(origin.clone()).expect("read");
        assert_eq!(config.extra_roots_pem, b"a certificate");
        fs::remove_file(&file).expect("removed");
        let error = settings.at(origin).expect_err("gone").to_string();
        assert!(error.contains("cloud.ca_file") && error.contains(&path), "{error}");
    }

    #[test]
    fn an_algorithm_for_a_server_is_refused_with_what_is_wrong_about_it() {
        for (value, wanted) in [
            ("a.example", "`a.example` has no `=`"),
            ("a.example=", "has no `=`"),
            ("=es256", "has no `=`"),
            ("a.example=rsa", "`rsa` is none of es256, ed25519"),
            ("a.example=es256=ed25519", "`es256=ed25519` is none of es256, ed25519"),
            ("a.example/x=es256", "`a.example/x` is no host"),
            ("bob@a.example=es256", "`bob@a.example` is no host"),
            ("a.example=es256,A.example:443=ed25519", "`a.example` is named twice"),
        ] {
            let error = resolve(&[("OCM_SIGN_ALGORITHM_TO", value)]).expect_err(value);
            assert!(
                error.contains("ocm.sign_algorithm_to") && error.contains(wanted),
                "{value}: {error}"
            );
        }
    }
}
