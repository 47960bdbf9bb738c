//! What the users of the demo find: written through the same client that the tools use.

use nc_client::{Client, Credential, Error, FilePath, NewNote, Nextcloud, WriteMode, WriteOptions};
use secrecy::SecretString;

/// A file: path and content.
type Sample = (&'static str, &'static str);

const FILES: &[Sample] = &[
    ("Documents/Welcome.md", include_str!("demo_data/welcome.md")),
    ("Documents/Travel/Lisbon.md", include_str!("demo_data/lisbon.md")),
    (
        "Documents/Travel/packing list.txt",
        "Passport\nCharger\nSunscreen\nUmbrella (it is spring)\n",
    ),
    (
        "Documents/Budget 2026.csv",
        "month,rent,food,travel\nJanuary,900,310,0\nFebruary,900,295,120\nMarch,900,330,640\n",
    ),
];

/// Title, category, text.
const NOTES: &[(&str, &str, &str)] = &[
    ("Shopping", "", "- milk\n- bread\n- coffee beans\n"),
    (
        "Meeting with Bob",
        "Work",
        "# Meeting with Bob\n\nAgree on the date of the release.\n\n- [ ] write the changelog\n- [ ] book the room\n",
    ),
    (
        "Book ideas",
        "Reading",
        "- The Hunting of the Snark\n- Sylvie and Bruno\n",
    ),
];

/// Fills the account of `name`.
pub(crate) async fn fill(nextcloud: &Nextcloud, name: &str, password: &SecretString) -> Result<(), Error> {
    let credential = Credential::Basic {
        login: name.to_owned(),
        password: password.clone(),
    };
    let client = nextcloud.client(credential);
    for (path, content) in FILES {
        write(&client, path, content).await?;
    }
    client
        .files()
        .set_favorite(&FilePath::parse("Documents/Welcome.md")?, true)
        .await?;
    for (title, category, content) in NOTES {
        let note = NewNote {
            title: Some((*title).to_owned()),
            category: Some((*category).to_owned()),
            content: Some((*content).to_owned()),
            ..NewNote::default()
        };
        client.notes().create(&note).await?;
    }
    Ok(())
}

async fn write(client: &Client, path: &str, content: &'static str) -> Result<(), Error> {
    let options = WriteOptions {
        create_parents: true,
        ..WriteOptions::default()
    };
    client
        .files()
        .write(
            &FilePath::parse(path)?,
            bytes::Bytes::from_static(content.as_bytes()),
            &WriteMode::CreateNew,
            &options,
        )
        .await?;
    Ok(())
}
