//! Taking the place of nextcloud-mcp-server: the app passwords that people gave to it are kept here.

use std::{collections::HashSet, time::Duration};

use anyhow::Context as _;
use nc_access::{AppPassword, NewRefresh, Profile, TakenOver, Vault};
use nc_auth::{LoginName, UserId};
use nc_client::{Credential, Nextcloud};
use nc_import::{AppPasswordRow, PeerStore};
use nc_proto::clock::Clock;
use nc_provider::{Audit, Event, subject_of};
use nc_store::{Digest, TicketKind};
use secrecy::ExposeSecret as _;
use time::OffsetDateTime;

use crate::provider_data::ProviderData;

/// Least time between two questions to the Nextcloud, which slows everybody down who asks with many bad passwords.
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(1);

/// For so long an app password that was taken over waits for its owner to sign in here. Then it is taken back at the
/// Nextcloud, as every one that nothing granted lives from. Only where this server issues the tokens.
const WAITS_FOR_OWNER_S: i64 = 30 * 24 * 3600;

/// For so long it is remembered that the Nextcloud refused one. Seconds.
const REFUSAL_LASTS_S: i64 = 10 * 365 * 24 * 3600;

/// Who is good for the subject identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// This server: a person's identifier follows from the account.
    Own(String),
    /// Another one: people are called here as they were there.
    External(String),
}

/// What became of a row that was not taken over, or not as one that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It cannot be read.
    Bad,
    /// The Nextcloud takes it no more.
    Refused,
    /// The Nextcloud could not be asked; another run does.
    NotVerified,
}

impl Outcome {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Refused => "refused",
            Self::NotVerified => "not_verified",
        }
    }
}

/// A row with which something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Whose it is, in the other server's words.
    pub user_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that the Nextcloud confirmed and that are kept now. In a dry run: that would be asked about.
    pub imported: u64,
    /// Rows that are here already, or whose owner has given another one here.
    pub there_already: u64,
    /// Refresh tokens that are kept now. In a dry run: that would be.
    pub refresh_tokens: u64,
    /// Refresh tokens that are not: they have ended, are here already, or are of no use.
    pub refresh_tokens_left: u64,
    /// Everything else.
    pub remarks: Vec<Remark>,
}

impl Report {
    /// How many rows had that outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.remarks.iter().filter(|remark| remark.outcome == outcome).count()
    }
}

/// One run.
pub struct Takeover<'a> {
    /// Where credentials are kept.
    pub data: &'a ProviderData,
    /// The Nextcloud.
    pub nextcloud: &'a Nextcloud,
    /// Who is good for the people.
    pub issuer: &'a Issuer,
    /// Tells the time.
    pub clock: &'a Clock,
    /// Whether refresh tokens are taken over as well: the issuer gave them to the client that this server is there.
    pub with_refresh_tokens: bool,
    /// Whether nothing is asked and nothing is kept.
    pub dry_run: bool,
}

impl Takeover<'_> {
    /// Takes over what was read. `pause` waits.
    ///
    /// # Errors
    /// When the database fails; what was taken over until then stays. When the Nextcloud cannot be asked at all.
    pub async fn run(&self, peer: &PeerStore, pause: impl AsyncFn(Duration)) -> anyhow::Result<Report> {
        let (Issuer::Own(issuer) | Issuer::External(issuer)) = self.issuer;
        let (store, sealer) = (self.data.store.clone(), self.data.sealer.clone());
        let vault = Vault::open(store, sealer, self.clock.clone(), issuer).await?;
        let here = vault.list_digests().await?;
        let mut report = Report::default();
        for row in &peer.bad {
            report.remark(&row.user_id, Outcome::Bad, row.why);
        }
        let (mut asked_at, mut unreachable): (Option<OffsetDateTime>, Option<String>) = (None, None);
        for row in &peer.app_passwords {
            if self.is_here(&vault, &here, row).await? {
                report.there_already += 1;
                continue;
            }
            if self.was_refused(row).await? {
                report.remark(&row.user_id, Outcome::Refused, "the Nextcloud refused it before");
                continue;
            }
            if self.dry_run {
                report.imported += 1;
                continue;
            }
            if let Some(why) = &unreachable {
                report.remark(&row.user_id, Outcome::NotVerified, why);
                continue;
            }
            if let Some(at) = asked_at {
                let passed = Duration::try_from(self.clock.now() - at).unwrap_or_default();
                pause(BETWEEN_QUESTIONS.saturating_sub(passed)).await;
            }
            asked_at = Some(self.clock.now());
            match self.profile(row).await {
                Ok(profile) => {
                    if self.keep(&vault, row, profile).await? {
                        report.imported += 1;
                    } else {
                        report.there_already += 1;
                    }
                }
                Err(nc_client::Error::Unauthorized) => {
                    self.note_refusal(&vault, row).await?;
                    report.remark(&row.user_id, Outcome::Refused, "the Nextcloud takes it no more");
                }
                Err(error) => {
                    let why = error.to_string();
                    report.remark(&row.user_id, Outcome::NotVerified, &why);
                    // The others would fare no better, and each would wait as long.
                    unreachable = error.is_passing().then_some(why);
                }
            }
        }
        if let Some(why) = unreachable.filter(|_| report.imported == 0) {
            anyhow::bail!(
                "the Nextcloud cannot be asked whether it takes the app passwords, so none was imported: {why}"
            );
        }
        self.take_refresh_tokens(&vault, peer, &mut report).await?;
        if report.imported + report.refresh_tokens > 0 && !self.dry_run {
            self.write_down(report.imported + report.refresh_tokens).await?;
        }
        Ok(report)
    }

    /// They are tried when they are needed first: trying one may spend it.
    async fn take_refresh_tokens(&self, vault: &Vault, peer: &PeerStore, report: &mut Report) -> anyhow::Result<()> {
        let now = self.clock.now().unix_timestamp();
        if !self.with_refresh_tokens {
            let all = peer.refresh_tokens.len() + peer.bad_refresh_tokens.len();
            report.refresh_tokens_left = u64::try_from(all).unwrap_or(u64::MAX);
            return Ok(());
        }
        for row in &peer.bad_refresh_tokens {
            report.remark(&row.user_id, Outcome::Bad, row.why);
        }
        for row in &peer.refresh_tokens {
            let new = NewRefresh {
                token: &row.token,
                expires_at: row.expires_at,
                scopes: row.scopes.clone(),
                client: String::new(),
                name: None,
            };
            let is_over = row.expires_at.is_some_and(|at| at <= now);
            let is_taken = match (is_over, self.dry_run) {
                (true, _) => false,
                (false, true) => vault.find_refresh(&row.user_id).await?.is_none(),
                (false, false) => vault.take_over_refresh(&row.user_id, new, row.given_at).await?,
            };
            if is_taken {
                report.refresh_tokens += 1;
            } else {
                report.refresh_tokens_left += 1;
            }
        }
        Ok(())
    }

    async fn is_here(&self, vault: &Vault, here: &HashSet<Digest>, row: &AppPasswordRow) -> anyhow::Result<bool> {
        if here.contains(&Digest::of(row.password.expose_secret())) {
            return Ok(true);
        }
        Ok(match self.issuer {
            Issuer::External(_) => vault.find(&row.user_id).await?.is_some(),
            // Whose it is, is known once the Nextcloud was asked.
            Issuer::Own(_) => false,
        })
    }

    /// Whose app password it is. Where no login name was noted, the person's name at the MCP server is one.
    async fn profile(&self, row: &AppPasswordRow) -> Result<Profile, nc_client::Error> {
        let client = self.nextcloud.client(Credential::Basic {
            login: login(row).to_owned(),
            password: row.password.clone(),
        });
        let user = client.user().await?;
        Ok(Profile {
            uid: user.id.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
        })
    }

    async fn keep(&self, vault: &Vault, row: &AppPasswordRow, profile: Profile) -> anyhow::Result<bool> {
        let now = self.clock.now().unix_timestamp();
        let subject = match self.issuer {
            Issuer::External(_) => row.user_id.clone(),
            Issuer::Own(_) => {
                let base = self.nextcloud.config().base_url.to_string();
                let user = UserId::new(profile.uid.as_str());
                let subject = subject_of(&*self.data.store, &base, &user, now).await?;
                if vault.find(&subject).await?.is_some() {
                    return Ok(false);
                }
                let unit = self.data.store.begin().await?;
                unit.note_credential(&subject, Some(now.saturating_add(WAITS_FOR_OWNER_S)))
                    .await?;
                unit.commit().await?;
                subject
            }
        };
        Ok(vault.take_over(&subject, &taken_over(row, profile, true)).await?)
    }

    /// So that no run asks a second time.
    async fn note_refusal(&self, vault: &Vault, row: &AppPasswordRow) -> anyhow::Result<()> {
        if let Issuer::External(_) = self.issuer {
            let nobody = taken_over(row, Profile::default(), false);
            vault.take_over(&row.user_id, &nobody).await?;
            return Ok(());
        }
        // Whose it was is not known, so it cannot be kept as anybody's.
        let now = self.clock.now().unix_timestamp();
        let unit = self.data.store.begin().await?;
        unit.see_once(refusal(row), now.saturating_add(REFUSAL_LASTS_S), now)
            .await?;
        Ok(unit.commit().await?)
    }

    async fn was_refused(&self, row: &AppPasswordRow) -> anyhow::Result<bool> {
        let now = self.clock.now().unix_timestamp();
        let seen = self.data.store.find_ticket(TicketKind::Seen, refusal(row), now).await?;
        Ok(seen.is_some())
    }

    async fn write_down(&self, imported: u64) -> anyhow::Result<()> {
        let now = self.clock.now().unix_timestamp();
        let unit = self.data.store.begin().await?;
        Audit::new(Event::Administration)
            .with("what", "credentials of nextcloud-mcp-server imported")
            .with("count", imported.to_string())
            .append(unit.as_ref(), now)
            .await
            .context("the audit log cannot be written")?;
        Ok(unit.commit().await?)
    }
}

impl Report {
    fn remark(&mut self, user_id: &str, outcome: Outcome, why: &str) {
        self.remarks.push(Remark {
            user_id: user_id.to_owned(),
            outcome,
            why: why.to_owned(),
        });
    }
}

fn login(row: &AppPasswordRow) -> &str {
    row.login.as_deref().unwrap_or(&row.user_id)
}

fn taken_over(row: &AppPasswordRow, profile: Profile, is_active: bool) -> TakenOver {
    TakenOver {
        profile,
        app_password: AppPassword {
            login: LoginName::new(login(row)),
            password: row.password.clone(),
        },
        limit: row.limit,
        given_at: row.given_at,
        is_active,
    }
}

/// App passwords are long and random, so a digest gives nothing away.
fn refusal(row: &AppPasswordRow) -> Digest {
    Digest::of(&format!("refused app password {}", row.password.expose_secret()))
}

#[cfg(test)]
mod tests;
