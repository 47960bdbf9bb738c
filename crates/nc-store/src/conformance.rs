//! What every backend must do, as checks that any backend's tests can run.
//!
//! A backend calls [`run`] from a test on a multi-threaded runtime, with a function that makes an empty store. Each check
//! gets a store of its own. Checks end with an error of the store or panic; `run` names every one that did.

mod audit;
mod clients;
mod consents;
mod credentials;
mod federation;
mod grants;
mod keys;
mod logout_notices;
mod needed_credentials;
mod races;
mod records;
mod sessions;
mod settings;
mod sweep;
mod tickets;
mod tokens;
mod units;

use std::{pin::Pin, sync::Arc};

use self::federation::{
    in_shares as federation_in_shares, out_shares as federation_out_shares, peers as federation_peers,
    sweep as federation_sweep,
};
use crate::{Store, StoreError};

/// The outcome of a check.
pub type Outcome = Result<(), StoreError>;

type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One check: its name, a sentence, and what it does with an empty store.
pub struct Check {
    /// What it holds the store to.
    pub name: &'static str,
    run: fn(Arc<dyn Store>) -> Running,
}

macro_rules! checks {
    ($($module:ident { $($name:ident,)+ })+) => {
        /// Every check.
        pub const CHECKS: &[Check] = &[
            $($(Check { name: stringify!($name), run: |store| Box::pin($module::$name(store)) },)+)+
        ];
    };
}

checks! {
    clients {
        a_client_is_found_by_id_and_by_number_as_it_was_stored,
        a_second_client_with_the_same_id_is_refused,
        an_update_replaces_what_is_known_about_a_client,
        clients_are_listed_in_order_of_number_page_by_page,
        numbers_of_deleted_clients_are_not_used_again,
        use_of_a_client_is_noted,
        the_oldest_unused_client_of_the_kind_is_evicted_first,
        a_client_that_an_administrator_decided_about_is_not_evicted,
        deleting_a_client_takes_all_that_came_from_it,
        a_resource_is_replaced_listed_and_outlives_its_owner,
        nothing_is_found_by_a_name_with_a_null_character,
    }
    tickets {
        a_ticket_is_found_until_it_ends,
        a_ticket_is_taken_once_and_not_after_its_end,
        tickets_of_other_kinds_are_apart,
        a_thing_is_seen_once_until_it_ends,
    }
    grants {
        a_grant_is_found_and_its_document_replaced,
        live_grants_of_a_subject_are_listed_newest_first,
        a_grant_is_revoked_once,
        grants_are_revoked_by_client_and_by_session,
    }
    tokens {
        a_code_is_spent_once_and_a_second_use_is_told,
        a_code_that_has_ended_is_still_spent,
        a_refresh_token_keeps_its_ancestry_through_its_states,
        an_access_token_comes_with_its_grant,
        revoking_a_grant_shows_at_its_tokens_at_once,
        access_tokens_are_revoked_alone_or_all_of_a_grant,
        an_access_token_comes_with_the_client_of_its_grant,
        a_token_of_unknown_kind_is_found_with_its_grant,
        tokens_need_a_grant_and_are_stored_once,
    }
    consents {
        a_consent_is_replaced_and_keeps_its_number_and_its_beginning,
        a_scope_of_4096_bytes_and_256_scopes_survive,
        consents_are_listed_and_deleted_by_client,
    }
    keys {
        keys_are_listed_oldest_first_replaced_and_deleted,
    }
    sessions {
        a_session_is_found_until_it_ends_or_is_deleted,
        every_session_of_a_subject_ends,
        a_subject_identifier_is_stable_and_never_reassigned,
    }
    logout_notices {
        notices_of_logout_wait_in_order_until_nobody_sees_to_them,
        sessions_that_ended_by_themselves_are_listed_until_they_are_deleted,
    }
    credentials {
        a_credential_is_found_replaced_and_deleted,
        a_subject_has_one_credential_of_a_kind_besides_discarded_ones,
        credentials_are_listed_in_order_of_number_page_by_page,
    }
    needed_credentials {
        a_credential_is_unneeded_when_its_time_is_over_and_nothing_is_granted,
        what_is_left_of_a_grant_decides_whether_a_credential_is_needed,
    }
    settings {
        settings_are_put_listed_and_deleted,
    }
    audit {
        audit_is_listed_newest_first,
        an_audit_log_that_nobody_touched_is_good_before_and_after_a_sweep,
    }
    sweep {
        a_sweep_removes_exactly_what_has_ended,
        a_sweep_leaves_grants_that_something_is_left_of,
        what_was_spent_stays_until_its_family_ends,
    }
    federation_out_shares {
        a_share_to_another_server_is_found_by_id_number_and_secret,
        ids_and_secrets_of_shares_to_other_servers_are_taken_once,
        live_shares_to_other_servers_are_listed_by_owner_and_by_node,
        live_shares_whose_end_has_come_are_listed,
        issued_tokens_live_until_they_end_or_are_taken_back,
        a_reshare_may_be_without_a_secret_and_gets_one,
    }
    federation_in_shares {
        a_share_from_another_server_is_found_and_replaced,
        a_share_from_another_server_is_stored_once_for_a_receiver,
        each_person_makes_something_else_of_a_share,
        of_twenty_tasks_one_takes_a_lease,
    }
    federation_peers {
        what_is_known_about_another_server_is_replaced_listed_and_forgotten,
        federation_keys_are_apart_from_the_keys_of_the_provider,
        messages_wait_in_order_until_they_may_be_sent,
        contacts_belong_to_one_person,
    }
    federation_sweep {
        a_sweep_clears_what_has_ended_between_servers,
        a_sweep_deletes_shares_that_every_person_declined,
        a_sweep_forgets_shares_that_are_over_for_long,
        a_sweep_leaves_offers_to_whoever_gives_them_up,
    }
    units {
        a_dropped_unit_leaves_nothing,
        a_unit_sees_its_own_changes_and_others_see_them_after_the_commit,
        units_are_serialised,
        a_failed_change_leaves_the_unit_usable,
        a_change_that_fails_late_takes_the_whole_unit_with_it,
        changes_of_a_unit_are_made_in_their_order,
        a_backup_holds_what_was_committed_and_replaces_nothing,
    }
    races {
        of_twenty_tasks_one_spends_a_code_first,
        of_twenty_tasks_one_takes_a_ticket,
        of_twenty_tasks_one_sees_a_thing_first,
        twenty_tasks_agree_on_a_subject_identifier,
        of_twenty_units_at_once_those_that_fail_fail_alone,
        reads_go_on_while_a_unit_writes,
    }
}

/// Runs every check against a store of its own that `make` makes, and panics with the names of those that failed.
pub async fn run<F, Made>(make: F)
where
    F: Fn() -> Made,
    Made: Future<Output = Arc<dyn Store>>,
{
    let mut failed = Vec::new();
    for check in CHECKS {
        match tokio::spawn((check.run)(make().await)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed.push(format!("{}: {error:?}", check.name)),
            Err(panic) => failed.push(format!("{}: {panic}", check.name)),
        }
    }
    assert!(failed.is_empty(), "the store fails:\n{}", failed.join("\n"));
}
