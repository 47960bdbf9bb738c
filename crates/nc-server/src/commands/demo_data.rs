//! What the users of the demo find: written through the same client that the tools use.

mod tables;

use nc_client::{
    Client, ComponentKind, Credential, Error, FilePath, Hosts, NewCard, NewNote, Nextcloud, RecipePatch, Subject,
    WriteMode, WriteOptions,
};
use nc_proto::{
    content::{Component, Document, Property},
    vcard::Card,
};
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

/// The calendar that everybody has.
const CALENDAR: &str = "personal";

/// Name, begin and end on the clock of whoever looks, how often. Some repeat, so that there is always one to come.
const EVENTS: &[(&str, &str, &str, Option<&str>)] = &[
    (
        "Team meeting",
        "20260105T100000",
        "20260105T103000",
        Some("FREQ=WEEKLY;BYDAY=MO"),
    ),
    (
        "Tea with the Hatter",
        "20260107T160000",
        "20260107T170000",
        Some("FREQ=WEEKLY;INTERVAL=2"),
    ),
    ("Croquet", "20260613T140000", "20260613T170000", None),
];

/// Tasks, with the day on which they are due.
const TODOS: &[(&str, Option<&str>)] = &[
    ("Write the changelog", Some("20260630")),
    ("Paint the roses red", None),
    ("Return the library books", None),
];

/// The address book that everybody has.
const ADDRESS_BOOK: &str = "contacts";

/// Cards.
const CONTACTS: &[&str] = &[
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:demo-contact-0\r\nFN:Charles Dodgson\r\nN:Dodgson;Charles;Lutwidge;Rev.;\r\n\
     EMAIL;TYPE=WORK:charles@example.org\r\nORG:Christ Church\r\nBDAY:1832-01-27\r\nCATEGORIES:Oxford\r\nEND:VCARD\r\n",
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:demo-contact-1\r\nFN:Mary Ann\r\nN:Ann;Mary;;;\r\nTEL;TYPE=CELL:+44 20 7946 0958\r\n\
     NOTE:Knows where the gloves are\r\nEND:VCARD\r\n",
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:demo-contact-2\r\nFN:Edith Liddell\r\nN:Liddell;Edith;;;\r\n\
     EMAIL;TYPE=HOME:edith@example.org\r\nADR;TYPE=HOME:;;The Deanery;Oxford;;OX1 1DP;United Kingdom\r\n\
     CATEGORIES:Oxford,Friends\r\nEND:VCARD\r\n",
];

/// Columns of the sample board, with their cards: title and text.
const BOARD: &[(&str, &[(&str, &str)])] = &[
    (
        "To do",
        &[
            ("Write the changelog", "- [ ] what is new\n- [ ] what breaks\n"),
            ("Book a room for the party", "With a long table."),
        ],
    ),
    ("Doing", &[("Find the missing gloves", "Last seen near the well.")]),
    ("Done", &[]),
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
    client.cookbook().create(&soup(), Hosts::Public).await?;
    fill_calendar(&client).await?;
    fill_board(&client).await?;
    let contacts = client.contacts();
    let book = contacts.book(ADDRESS_BOOK).await?;
    // Each can be read: a test holds them to it.
    for card in CONTACTS.iter().filter_map(|text| Card::parse(text.as_bytes()).ok()) {
        contacts.create(&book, &card).await?;
    }
    Box::pin(tables::fill(&client)).await
}

/// The sample recipe.
fn soup() -> RecipePatch {
    let lines = |text: &str| Some(text.lines().map(str::to_owned).collect());
    RecipePatch {
        name: Some("Tomato soup".to_owned()),
        description: Some("Warm, red and quick.".to_owned()),
        ingredients: lines("1 kg tomatoes\n1 onion\n2 tablespoons olive oil\n500 ml water\nsalt, pepper"),
        instructions: lines(
            "Chop onion and tomatoes.\nFry the onion in the oil.\nAdd all else, cook for 20 minutes and blend.",
        ),
        prep_time: Some("PT0H10M0S".to_owned()),
        cook_time: Some("PT0H25M0S".to_owned()),
        total_time: Some("PT0H35M0S".to_owned()),
        servings: Some(4),
        category: Some("Soups".to_owned()),
        keywords: Some("vegan,quick".to_owned()),
        ..RecipePatch::default()
    }
}

async fn fill_calendar(client: &Client) -> Result<(), Error> {
    let calendars = client.calendars();
    let calendar = calendars.find(CALENDAR).await?;
    let subject = Subject::named("the sample calendar");
    for (index, (summary, start, end, rule)) in EVENTS.iter().enumerate() {
        let mut event = part("VEVENT", &format!("demo-event-{index}"), summary);
        event.add(Property::new("DTSTART", *start));
        event.add(Property::new("DTEND", *end));
        if let Some(rule) = rule {
            event.add(Property::new("RRULE", *rule));
        }
        calendars
            .create(&calendar, ComponentKind::Event, &document(event), &subject)
            .await?;
    }
    for (index, (summary, due)) in TODOS.iter().enumerate() {
        let mut todo = part("VTODO", &format!("demo-todo-{index}"), summary);
        todo.add(Property::new("STATUS", "NEEDS-ACTION"));
        if let Some(due) = due {
            todo.add(Property::new("DUE", *due).with("VALUE", "DATE"));
        }
        calendars
            .create(&calendar, ComponentKind::Todo, &document(todo), &subject)
            .await?;
    }
    Ok(())
}

async fn fill_board(client: &Client) -> Result<(), Error> {
    let deck = client.deck();
    let board = deck.create_board("Release", "0082c9").await?;
    for ((title, cards), order) in BOARD.iter().zip(0..) {
        let stack = deck.create_stack(board.id, title, order).await?;
        for ((title, description), order) in cards.iter().zip(0..) {
            let card = NewCard {
                title: (*title).to_owned(),
                description: Some((*description).to_owned()),
                order: Some(order),
                ..NewCard::default()
            };
            deck.create_card(board.id, stack.id, &card).await?;
        }
    }
    Ok(())
}

fn part(kind: &str, uid: &str, summary: &str) -> Component {
    let mut part = Component::new(kind);
    part.add(Property::text("UID", uid));
    part.add(Property::new("DTSTAMP", "20260101T000000Z"));
    part.add(Property::text("SUMMARY", summary));
    part
}

fn document(part: Component) -> Document {
    let mut calendar = Component::new("VCALENDAR");
    calendar.add(Property::new("VERSION", "2.0"));
    calendar.add(Property::new("PRODID", "-//nextcloud-mcp//demo//EN"));
    calendar.add_component(part);
    Document::of(calendar)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_contact_is_a_card_with_a_name() {
        for text in CONTACTS {
            let card = Card::parse(text.as_bytes()).unwrap();
            assert!(card.uid().is_some() && card.root().property("FN").is_some(), "{text}");
        }
    }
}
