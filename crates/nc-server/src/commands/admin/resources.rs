use nc_provider::{
    Resource, ResourceDocument,
    admin::{Admin, describe_resource},
};
use serde_json::json;

use super::{Shown, Trouble, words};
use crate::cli::admin::{AddResource, ResourceCommand, TokenTypeFlag};

pub(super) async fn run(admin: &Admin<'_>, command: ResourceCommand) -> Shown {
    match command {
        ResourceCommand::Add(arguments) => {
            let put = admin.put_resource(read(arguments)?).await?;
            Ok(describe_resource(&put))
        }
        ResourceCommand::List => Ok(admin.list_resources().await?.iter().map(describe_resource).collect()),
        ResourceCommand::Remove { uri } => {
            admin.remove_resource(&uri).await?;
            Ok(json!({ "removed": uri }))
        }
    }
}

fn read(arguments: AddResource) -> Result<Resource, Trouble> {
    let mapping = arguments.map_scope.iter().map(|pair| match pair.split_once('=') {
        Some((from, to)) => Ok((from.to_owned(), to.to_owned())),
        None => Err(Trouble::Usage(format!("`{pair}` is not of the form from=to"))),
    });
    Ok(Resource {
        uri: arguments.uri,
        owner: arguments.owner,
        document: ResourceDocument {
            scopes: words(&arguments.scopes),
            token_format: arguments.token_type.map(|kind| {
                match kind {
                    TokenTypeFlag::Jwt => "jwt",
                    TokenTypeFlag::Opaque => "opaque",
                }
                .to_owned()
            }),
            algorithm: arguments.algorithm,
            claims: arguments.claim,
            open_to_dynamic_clients: arguments.open,
            scope_mapping: mapping.collect::<Result<_, _>>()?,
        },
    })
}
