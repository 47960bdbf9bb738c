use std::sync::Arc;

use super::{
    Outcome,
    records::{END, NOW, ticket},
};
use crate::{Digest, Store, TicketKind, TicketRecord};

const KIND: TicketKind = TicketKind::AuthorizeRequest;

pub(super) async fn a_ticket_is_found_until_it_ends(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    unit.put_ticket(&ticket(KIND, "rid")).await?;
    let replaced = TicketRecord {
        document: "changed".to_owned(),
        ..ticket(KIND, "rid")
    };
    unit.put_ticket(&replaced).await?;
    unit.commit().await?;
    let key = Digest::of("rid");
    assert_eq!(store.find_ticket(KIND, key, END - 1).await?, Some(replaced));
    assert_eq!(store.find_ticket(KIND, key, END).await?, None);
    Ok(())
}

pub(super) async fn a_ticket_is_taken_once_and_not_after_its_end(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let key = Digest::of("rid");
    unit.put_ticket(&ticket(KIND, "rid")).await?;
    assert_eq!(unit.take_ticket(KIND, key, END).await?, None);
    assert_eq!(unit.take_ticket(KIND, key, END - 1).await?, Some(ticket(KIND, "rid")));
    assert_eq!(unit.take_ticket(KIND, key, NOW).await?, None);
    assert_eq!(unit.find_ticket(KIND, key, NOW).await?, None);
    Ok(())
}

pub(super) async fn tickets_of_other_kinds_are_apart(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    for kind in TicketKind::ALL {
        unit.put_ticket(&ticket(*kind, "key")).await?;
    }
    for kind in TicketKind::ALL {
        let taken = unit.take_ticket(*kind, Digest::of("key"), NOW).await?;
        assert_eq!(taken, Some(ticket(*kind, "key")));
    }
    Ok(())
}

pub(super) async fn a_thing_is_seen_once_until_it_ends(store: Arc<dyn Store>) -> Outcome {
    let unit = store.begin().await?;
    let jti = Digest::of("jti");
    assert!(unit.see_once(jti, END, NOW).await?);
    assert!(!unit.see_once(jti, END + 9, END - 1).await?, "it may not be seen again");
    assert!(unit.see_once(Digest::of("another"), END, NOW).await?);
    assert!(unit.see_once(jti, END + 60, END).await?, "the first sight has ended");
    assert!(!unit.see_once(jti, END + 99, END + 59).await?);
    Ok(())
}
