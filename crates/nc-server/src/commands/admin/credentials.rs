use nc_proto::clock::Clock;
use serde_json::json;

use super::{BY, OrFail as _, Shown, Trouble, import};
use crate::{
    cli::admin::CredentialsCommand,
    config::Config,
    credentials::{self, Whose},
    provider_data::ProviderData,
};

pub(super) async fn run(config: &Config, data: &ProviderData, clock: &Clock, command: CredentialsCommand) -> Shown {
    match command {
        CredentialsCommand::List => {
            let all = credentials::list(data).await.or_fail()?;
            let all = all.iter().map(|one| {
                json!({
                    "subject": one.subject,
                    "user": one.uid,
                    "kind": one.kind,
                    "state": one.state,
                    "only_for": one.only_for,
                    "created_at": one.created_at,
                    "changed_at": one.changed_at,
                })
            });
            Ok(all.collect())
        }
        CredentialsCommand::Revoke { subject, user } => {
            let whose = match (&subject, &user) {
                (Some(subject), _) => Whose::Subject(subject),
                (None, Some(user)) => Whose::User(user),
                (None, None) => return Err(Trouble::Usage("name a subject, or --user UID".to_owned())),
            };
            let done = credentials::revoke(data, whose, BY, clock).await.or_fail()?;
            if done == 0 {
                return Err(Trouble::Failure(anyhow::anyhow!(
                    "no credential of that person is kept; `admin credentials list` lists whose are"
                )));
            }
            let then =
                "set aside; the running server takes it back at the Nextcloud within ten minutes, or at its next start";
            Ok(json!({ "revoked": done, "then": then }))
        }
        CredentialsCommand::Import(arguments) => Box::pin(import::run(config, data, clock, arguments)).await,
        CredentialsCommand::Reseal => {
            let done = credentials::reseal(data, clock).await.or_fail()?;
            Ok(json!({ "resealed": done }))
        }
    }
}
