//! What an operator reads in the log when somebody tries too much.

use std::sync::{Arc, Mutex};

use nc_provider::{Endpoint, ResourceDocument};
use nc_web::ClientAddress;
use tracing::subscriber::DefaultGuard;

use super::world::{As, ROLES, World};

/// What is logged on this thread while it lives.
struct Log {
    text: Lines,
    _logged: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin() -> Self {
        let text = Lines::default();
        let writer = text.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        Self {
            text,
            _logged: tracing::subscriber::set_default(subscriber),
        }
    }

    /// The lines with these words.
    fn with(&self, words: &str) -> Vec<String> {
        let text = String::from_utf8(self.text.0.lock().expect("not poisoned").clone()).expect("text");
        let lines = text.lines().filter(|line| line.contains(words));
        lines.map(str::to_owned).collect()
    }
}

/// So many wrong secrets, each from another address.
async fn fail(world: &World, id: &str, times: u8) {
    for index in 0..times {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "x"),
            ("client_id", id),
            ("client_secret", "wrong"),
        ];
        let mut request = world.form(Endpoint::Token, &As::Nobody, &form);
        let address = ClientAddress([198, 51, 100, index].into());
        request.extensions_mut().insert(address);
        world.send(request).await.is(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_hundred_bad_authentications_in_an_hour_are_told_once_and_name_the_client_that_there_is() {
    const ALARM: &str = "100 failed requests for tokens in an hour";
    for role in ROLES {
        let world = World::new(role).await;
        world.client("app", |_| {}).await;
        let log = Log::begin();
        fail(&world, "app", 99).await;
        assert_eq!(log.with(ALARM), [""; 0]);
        fail(&world, "app", 5).await;
        let told = log.with(ALARM);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("WARN") && told[0].contains("client=\"app\""),
            "{told:?}"
        );

        // What somebody made up is not written into the log.
        fail(&world, "made-up-name", 100).await;
        let told = log.with(ALARM);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(!told[1].contains("made-up-name"), "{told:?}");

        // An hour later it counts anew.
        world.pass(60 * 60);
        fail(&world, "app", 99).await;
        assert_eq!(log.with(ALARM).len(), 2);
        fail(&world, "app", 1).await;
        assert_eq!(log.with(ALARM).len(), 3);
    }
}

#[tokio::test]
async fn a_client_that_asks_about_many_tokens_of_others_is_told_once_a_minute() {
    const ALARM: &str = "a client asks about many tokens that are not its own";
    for role in ROLES {
        let world = World::new(role).await;
        world.client("curious", |_| {}).await;
        world.client("server", |_| {}).await;
        world
            .resource("https://api.example/shop", Some("server"), &ResourceDocument::default())
            .await;
        let log = Log::begin();
        let ask = async |who: &str, times: u8| {
            for _ in 0..times {
                let answer = world
                    .post(Endpoint::Introspect, &As::Post(who), &[("token", "x")])
                    .await;
                assert_eq!(answer.text(), "{\"active\":false}");
            }
        };
        ask("curious", 60).await;
        ask("server", 30).await;
        assert_eq!(log.with(ALARM), [""; 0]);
        ask("curious", 20).await;
        let told = log.with(ALARM);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("WARN") && told[0].contains("client=\"curious\""),
            "{told:?}"
        );
        // All of them are answered, and no more than the first are noted.
        assert_eq!(world.audited("introspection.denied").await, 90);
        world.pass(60);
        ask("curious", 61).await;
        assert_eq!(log.with(ALARM).len(), 2);
    }
}
