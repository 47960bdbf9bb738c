use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use nc_client::{HttpTransport, Nextcloud};
use nc_cloud::SealingKey;
use nc_import::{PeerError, PeerStore, fernet::FernetKey};
use nc_proto::clock::Clock;
use serde_json::json;
use zeroize::Zeroizing;

use super::{OrFail as _, Shown, Trouble};
use crate::{
    cli::admin::ImportArguments,
    commands::{connect, listen},
    config::{Config, Mode},
    entrance, external_issuer,
    provider_data::ProviderData,
    takeover::{Issuer, Outcome, Takeover},
};

pub(super) async fn run(config: &Config, data: &ProviderData, clock: &Clock, arguments: ImportArguments) -> Shown {
    let keys = keys(config, arguments.key_file.as_deref())?;
    let nextcloud = nextcloud(config, clock)?;
    let issuer = issuer(config, &nextcloud)?;
    let read = PeerStore::read(&arguments.db, &keys)
        .await
        .map_err(|error| match error {
            PeerError::Unreadable(_) => anyhow::Error::new(error).context(arguments.db.display().to_string()),
            other => other.into(),
        });
    let peer = read.or_fail()?;
    let takeover = Takeover {
        data,
        nextcloud: &nextcloud,
        issuer: &issuer,
        clock,
        // A refresh token is good for the client that got it only.
        with_refresh_tokens: matches!(issuer, Issuer::External(_)) && config.issuer.client.is_some(),
        dry_run: arguments.dry_run,
    };
    let report = takeover.run(&peer, tokio::time::sleep).await.or_fail()?;
    let rows = report
        .remarks
        .iter()
        .map(|remark| json!({ "user": remark.user_id, "outcome": remark.outcome.word(), "why": remark.why }));
    let mut shown = json!({
        "revision": peer.revision,
        "found": peer.app_passwords.len() + peer.bad.len(),
        "already_here": report.there_already,
        "refused": report.count(Outcome::Refused),
        "not_verified": report.count(Outcome::NotVerified),
        "bad": report.count(Outcome::Bad),
        "refresh_tokens": report.refresh_tokens,
        "rows": rows.collect::<Vec<_>>(),
        "left": {
            "refresh_tokens": report.refresh_tokens_left,
            "oauth_clients": peer.left.oauth_clients,
            "audit_entries": peer.left.audit_entries,
        },
    });
    let imported = if arguments.dry_run {
        "would_be_asked_about"
    } else {
        "imported"
    };
    shown[imported] = report.imported.into();
    if report.count(Outcome::NotVerified) > 0 {
        shown["then"] = "run it again once the Nextcloud answers; what was imported is not asked about again".into();
    }
    Ok(shown)
}

/// Those of the file, or else the ones that this server seals with: the setting has the same name at both.
fn keys(config: &Config, file: Option<&Path>) -> Result<Vec<FernetKey>, Trouble> {
    let keys: Vec<SealingKey> = match file {
        Some(file) => {
            let text = std::fs::read_to_string(file).map(Zeroizing::new);
            let text = text
                .with_context(|| format!("{} cannot be read", file.display()))
                .or_fail()?;
            let key = nc_cloud::parse_sealing_key(&text).map_err(|_| {
                Trouble::Usage(format!(
                    "{} must hold the TOKEN_ENCRYPTION_KEY of nextcloud-mcp-server: 44 characters of base64url",
                    file.display()
                ))
            })?;
            vec![key]
        }
        None => config.oauth.sealing_keys.clone(),
    };
    if keys.is_empty() {
        return Err(Trouble::Usage(
            "which key opens that database? Give its TOKEN_ENCRYPTION_KEY with --key-file FILE, or in that environment \
             variable"
                .to_owned(),
        ));
    }
    Ok(keys.iter().map(|key| FernetKey::new(key)).collect())
}

/// Each app password is asked about once, without another try.
fn nextcloud(config: &Config, clock: &Clock) -> Result<Nextcloud, Trouble> {
    let mut client = connect::nextcloud(config)?.config().clone();
    client.retry.tries = 1;
    let transport = HttpTransport::new(&client).map_err(|error| Trouble::Usage(error.to_string()))?;
    Ok(Nextcloud::new(client, Arc::new(transport), clock.clone()))
}

/// As `serve` with the same settings has it.
fn issuer(config: &Config, nextcloud: &Nextcloud) -> Result<Issuer, Trouble> {
    match config.mode.unwrap_or(Mode::OwnIssuer) {
        Mode::OwnIssuer => {
            let server = &config.server;
            if server.public_url.is_none() && server.port == 0 {
                return Err(Trouble::Usage(
                    "set NEXTCLOUD_MCP_SERVER_URL, as for `serve`: it is who is good for the people's names".to_owned(),
                ));
            }
            let url = listen::url_at(&server.host, server.port).or_fail()?;
            let url = entrance::public_url(config, &url).or_fail()?;
            Ok(Issuer::Own(url.as_str().trim_end_matches('/').to_owned()))
        }
        Mode::ExternalIssuer => Ok(Issuer::External(
            external_issuer::expected_issuer(nextcloud, &config.issuer).or_fail()?,
        )),
        Mode::SingleUser | Mode::Basic => Err(Trouble::Usage(
            "in this mode nothing is kept for people: set MCP_DEPLOYMENT_MODE and the other settings as for `serve`, with \
             the mode `login_flow` or `oauth`"
                .to_owned(),
        )),
    }
}
