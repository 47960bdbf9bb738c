//! `POST /ocm/invite-accepted`: somebody on another server took an invitation from here.

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;
use nc_proto::ocm::{InviteAccepted, InviteAnswer, MESSAGE_MAX_BYTES};

use super::{Contact, Invited, written};
use crate::{
    Ocm,
    inbound::{Checked, Failure, Inbound, Need},
};

/// The routes about invitations.
pub(crate) fn routes() -> Router<Ocm> {
    Router::new()
        .route("/ocm/invite-accepted", post(accepted))
        .route("/index.php/ocm/invite-accepted", post(accepted))
}

async fn accepted(State(ocm): State<Ocm>, request: Request) -> Response {
    match take(&ocm, request).await {
        Ok(answer) => Json(answer.to_value()).into_response(),
        Err(failure) => failure.into_answer("an invitation cannot be taken", "the invitation cannot be taken now"),
    }
}

async fn take(ocm: &Ocm, request: Request) -> Result<InviteAnswer, Failure> {
    let inbound = Inbound::read(ocm, request, MESSAGE_MAX_BYTES).await;
    let inbound = inbound.map_err(Failure::Answer)?;
    let message = InviteAccepted::parse(&inbound.body).map_err(|fault| {
        let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Failure::Answer((status, Json(fault.body().to_value())).into_response())
    })?;
    // Who has no token causes no request to another server.
    ocm.find_invite(&*ocm.0.store, &message.token)
        .await?
        .ok_or_else(unknown)?;
    let host = &message.recipient_provider;
    let plain_http = ocm.0.config.public_origin.scheme() == "http";
    let checked = ocm.check_signature(&inbound, host, plain_http, Need::Usual).await?;
    // Being a contact is worth something: a server that does not sign could be any.
    if checked == Checked::Unsigned {
        return Err(Failure::told(
            StatusCode::FORBIDDEN,
            "only servers that sign their messages take invitations",
        ));
    }
    let unit = ocm.0.store.begin().await?;
    let mut ticket = ocm.find_invite(&*unit, &message.token).await?.ok_or_else(unknown)?;
    let mut invited = Invited::of(&ticket)?;
    if invited.taken_by.is_some() {
        return Err(Failure::told(StatusCode::CONFLICT, "the invitation was taken already"));
    }
    let person = ocm.0.residents.person(&invited.by).await?.ok_or_else(unknown)?;
    let contact = Contact {
        host: host.clone(),
        user: message.user_id,
        name: message.name,
        email: message.email,
    };
    unit.put_contact(&contact.record(&invited.by, ocm.now())?).await?;
    invited.taken_by = Some(format!("{}@{}", contact.user, contact.host));
    ticket.document = written(&invited)?;
    unit.put_ticket(&ticket).await?;
    unit.commit().await?;
    Ok(InviteAnswer {
        user_id: person.id.as_str().to_owned(),
        email: person.email.unwrap_or_default(),
        name: person.display_name,
    })
}

fn unknown() -> Failure {
    Failure::told(
        StatusCode::BAD_REQUEST,
        "the invitation is unknown, or its time is over",
    )
}
