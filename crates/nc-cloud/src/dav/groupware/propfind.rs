use axum::{body::Body, response::Response};
use nc_proto::dav::{Depth, Multistatus, Propfind};

use super::{
    super::{DavError, MOST_PROPERTIES},
    PAGE,
    describe::{self, Wanted},
    node::{Folder, Node},
    resolve,
    view::{self, Source, View},
    wire::{Session, Verb, multistatus},
};
use crate::collections::{HomeKind, Kind};

/// Answers PROPFIND.
pub(super) async fn serve(session: &Session, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&session.read_xml(body).await?)?;
    let wanted = Wanted::of(question);
    if wanted.names.len() > MOST_PROPERTIES {
        return Err(DavError::bad_request("The request asks for too many properties"));
    }
    let node = resolve::find(session).await?;
    let mut responses = vec![describe::of_node(session, &node, &wanted).await?];
    // Like Nextcloud, infinity (also meant by no header, RFC 4918 §9.1) is answered as 1.
    if session.depth()? != Some(Depth::Zero) {
        if let Node::Collection(view) = &node {
            let mut after = 0;
            loop {
                let page = view.stubs(session, after, PAGE).await?;
                let seen = page.iter().filter(|stub| session.allows(Verb::Read, &stub.component));
                responses.extend(seen.map(|stub| describe::of_stub(session, view, stub, &wanted)));
                match page.last() {
                    Some(last) if page.len() == PAGE as usize => after = last.id,
                    _ => break,
                }
            }
        }
        for child in children(session, &node).await? {
            responses.push(describe::of_node(session, &child, &wanted).await?);
        }
    }
    Ok(multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

/// What lies directly inside, besides the objects of a collection.
async fn children(session: &Session, node: &Node) -> Result<Vec<Node>, DavError> {
    match node {
        Node::Home(home) => of_home(session, *home).await,
        Node::Trash => Ok(vec![Node::TrashRestore, Node::TrashObjects]),
        Node::TrashObjects => {
            let trash = session.collections().list_trash(session.user()?).await?;
            let seen = trash
                .into_iter()
                .filter(|(_, object)| session.allows(Verb::Read, &object.component));
            Ok(seen
                .map(|(collection, object)| Node::Trashed(collection, object))
                .collect())
        }
        Node::Folder(Folder::Principals) => Ok(vec![Node::Folder(Folder::Users), Node::Folder(Folder::Groups)]),
        Node::Folder(
            Folder::Users | Folder::Groups | Folder::Calendars | Folder::AddressBooks | Folder::PublicCalendars,
        ) => Err(DavError::not_allowed("Listing members of this collection is disabled")),
        _ => Ok(Vec::new()),
    }
}

/// What a person sees in a home.
pub(super) async fn of_home(session: &Session, home: HomeKind) -> Result<Vec<Node>, DavError> {
    let views = list_views(session, home).await?;
    let mut nodes: Vec<_> = views.into_iter().map(Node::Collection).collect();
    if home == HomeKind::Calendars {
        nodes.extend([Node::Outbox, Node::Trash]);
    }
    Ok(nodes)
}

/// The collections that a person sees in a home: their own, those in the trash, and what is shared with them.
pub(super) async fn list_views(session: &Session, home: HomeKind) -> Result<Vec<View>, DavError> {
    let user = session.user()?;
    let collections = session.collections();
    let own = collections.list(home, user).await?;
    let mut views: Vec<_> = own.into_iter().map(|own| View::own(user, own)).collect();
    let shared = collections.shared_with(home, user).await?;
    let shared = shared
        .into_iter()
        .map(|(collection, access)| View::shared(user, collection, access));
    views.extend(shared);
    if home == HomeKind::AddressBooks {
        views.push(View::made_up(
            user,
            Source::Accounts,
            view::accounts_token(session).await?,
        ));
        views.push(View::made_up(user, Source::Recent, 0));
    }
    // The inbox is no calendar that people look for first.
    views.sort_by_key(|view| view.collection.kind == Kind::Inbox);
    views.retain(|view| session.allows_collection(Verb::Read, &view.collection.components));
    Ok(views)
}
