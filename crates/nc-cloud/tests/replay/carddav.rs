//! The recorded requests of `CardDAV`.

use crate::{
    dav_replay::{Step, replay},
    differences::Difference,
};

const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &["put-vcard-duplicate-uid"],
        begins: &["error has"],
        reason: "the condition of RFC 6352 §6.3.2.1 is named",
    },
    Difference {
        exchanges: &["get-addressbook-export"],
        begins: &["line ITEM1", "line item1", "line UID:"],
        reason: "cards are given as they were sent; a made UID is another one each time",
    },
    Difference {
        exchanges: &["multiget-one-and-one-missing"],
        begins: &["1 entries in the recording, 2 here"],
        reason: "RFC 6352 §8.7: what is missing is named",
    },
    Difference {
        exchanges: &["sync-collection-invalid-token"],
        begins: &["status 207 in the recording, 403"],
        reason: "a token that was never given is refused, RFC 6578 §3.2, and not taken for a state without changes",
    },
    Difference {
        exchanges: &["share-addressbook-home-of-sharee"],
        begins: &["property {http://owncloud.org/ns}groups"],
        reason: "groups are looked for in the cards",
    },
];

const STEPS: &[Step] = &[
    Step {
        before: "put-vcard-without-uid",
        method: "PUT",
        path: "/remote.php/dav/addressbooks/users/carol/fx-book/group4.vcf",
        body: "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:card-group4\r\nFN:Team four\r\nKIND:group\r\n\
               MEMBER:urn:uuid:card-ada\r\nEND:VCARD\r\n",
    },
    Step {
        before: "put-vcard-update-if-match-ok",
        method: "PUT",
        path: "/remote.php/dav/addressbooks/users/carol/fx-book/two.vcf",
        body: "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c-a\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\n\
               EMAIL;TYPE=HOME:ada@example.org\r\nTEL;TYPE=CELL:+49 170 1\r\nEND:VCARD\r\n",
    },
];

#[tokio::test]
async fn the_recorded_requests_of_address_books_are_answered_alike() {
    replay("carddav", 54, STEPS, INTENDED).await;
}
