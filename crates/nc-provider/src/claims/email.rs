//! Which of a person's mail addresses a client is told.

use regex::RegexBuilder;

use crate::Person;

/// The longest compiled expression, in bytes.
const SIZE_MAX: usize = 64 * 1024;

/// The first address that the client's expression matches; without an expression or a match, the main one.
///
/// The engine takes linear time, so no expression and no address can hold up the server.
pub(crate) fn choose(person: &Person, expression: Option<&str>) -> Option<String> {
    let expression = expression.filter(|expression| !expression.is_empty());
    let expression = expression.and_then(|expression| RegexBuilder::new(expression).size_limit(SIZE_MAX).build().ok());
    let chosen = expression.and_then(|expression| person.emails.iter().find(|address| expression.is_match(address)));
    chosen.cloned().or_else(|| person.email.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expression_chooses_and_a_bad_one_chooses_nothing() {
        let person = Person {
            email: Some("ann@home.example".to_owned()),
            emails: vec!["ann@home.example".to_owned(), "ann@work.example".to_owned()],
            ..Person::default()
        };
        let choose = |expression| choose(&person, expression);
        assert_eq!(choose(Some("@work\\.")).as_deref(), Some("ann@work.example"));
        for none in [None, Some(""), Some("nobody"), Some("("), Some("a{1000}{1000}")] {
            assert_eq!(choose(none).as_deref(), Some("ann@home.example"), "{none:?}");
        }
    }
}
