use proptest::prelude::*;

use super::*;

fn read(pages: &[String], wanted: Wanted) -> Result<Extracted, ExtractError> {
    let mut taken = Pages::new(Format::Pdf, wanted, &Limits::default());
    for (number, text) in (1..).zip(pages) {
        taken.push(number, text);
    }
    taken.finish(u32::try_from(pages.len()).expect("few"))
}

fn texts(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("page {number}")).collect()
}

#[test]
fn a_page_that_does_not_fit_begins_the_next_answer() {
    let wanted = Wanted {
        text_bytes: 16,
        ..Wanted::default()
    };
    let answer = read(&texts(4), wanted).expect("text");
    assert_eq!(answer.text, "page 1\n\npage 2");
    assert_eq!((answer.last_page, answer.next), (2, Some(Part { page: 3, offset: 0 })));
}

#[test]
fn a_page_behind_the_end_is_refused_with_the_number_of_pages() {
    let wanted = Wanted {
        first_page: 5,
        ..Wanted::default()
    };
    let error = read(&texts(4), wanted).expect_err("no such page");
    assert_eq!(error.kind, ErrorKind::NoSuchPage);
    assert!(error.message.contains("4 pages"), "{error}");
}

#[test]
fn no_more_pages_are_read_at_once_than_allowed() {
    let answer = read(&texts(400), Wanted::default()).expect("text");
    assert_eq!(
        (answer.last_page, answer.next),
        (150, Some(Part { page: 151, offset: 0 }))
    );
}

#[test]
fn the_end_of_the_wanted_range_is_no_cut() {
    let wanted = Wanted {
        first_page: 2,
        last_page: Some(3),
        ..Wanted::default()
    };
    let answer = read(&texts(4), wanted).expect("text");
    assert_eq!(answer.text, "page 2\n\npage 3");
    assert_eq!(answer.next, None);
}

proptest! {
    #[test]
    fn following_the_cursor_gives_every_page_once(
        pages in proptest::collection::vec("[a-zß\u{1F600} \n]{0,40}", 1..8),
        text_bytes in 4_usize..60,
    ) {
        let mut read_back = vec![String::new(); pages.len()];
        let mut wanted = Wanted { text_bytes, ..Wanted::default() };
        for _ in 0..1000 {
            // One page a call, so that what came can be laid to its page.
            wanted.last_page = Some(wanted.first_page);
            let answer = read(&pages, wanted).expect("text");
            prop_assert!(answer.text.len() <= text_bytes.max(4));
            read_back[wanted.first_page as usize - 1].push_str(&answer.text);
            match answer.next {
                Some(next) => {
                    wanted.first_page = next.page;
                    wanted.offset = next.offset;
                }
                None if (wanted.first_page as usize) < pages.len() => {
                    wanted.first_page += 1;
                    wanted.offset = 0;
                }
                None => break,
            }
        }
        prop_assert_eq!(read_back, pages);
    }

    #[test]
    fn parts_hold_the_whole_text(text in "[a-z\n]{0,400}") {
        let long = text.repeat(100);
        let joined: String = parts(&long).concat();
        let letters = |text: &str| text.chars().filter(|character| *character != '\n').collect::<String>();
        prop_assert_eq!(letters(&joined), letters(&long));
        prop_assert!(parts(&long).iter().all(|part| part.len() <= PART_BYTES));
    }
}
