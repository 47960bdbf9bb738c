//! What is remembered, of keys and of results.

use super::*;

#[tokio::test]
async fn j16_a_known_key_serves_while_its_server_is_down_and_unknown_ones_are_asked_for_rarely() {
    let (known, new) = (Signer::new(Algorithm::Es256), Signer::new(Algorithm::Es256));
    let documents = Arc::new(Documents::default());
    let clock = clock();
    let keys = JwkSource::remote(
        Url::parse("https://cloud.example/jwks").expect("a URL"),
        Arc::clone(&documents) as Arc<dyn crate::fetch::Fetch>,
        clock.clone(),
    );
    let verifier = AccessTokenVerifier::new(ISSUER, keys, clock.clone());
    let later = with(claims(), "exp", json!(NOW + 100_000));
    let ask = async |signer: &Signer| {
        // A token of its own each time, so that no remembered answer stands in.
        let jti = json!(format!("j{}", documents.asked() + rand_name()));
        verifier
            .verify(&signer.sign(&header(), &with(later.clone(), "jti", jti)), &[RESOURCE])
            .await
    };
    let down = |retry_after_s| Err(TokenRefusal::Unavailable { retry_after_s });

    assert_eq!(ask(&known).await, down(30), "nothing is known yet");
    assert_eq!(ask(&known).await, down(30));
    assert_eq!(documents.asked(), 1);
    documents.serve(Some(set(&[&known]).to_value().to_string()));
    clock.advance(Duration::seconds(10));
    assert_eq!(ask(&known).await, down(20));
    clock.advance(Duration::seconds(20));
    assert!(ask(&known).await.is_ok());
    assert_eq!(documents.asked(), 2);

    // A flood of unknown keys makes one request in 30 seconds, and no attempt of others is held up.
    for _ in 0..50 {
        assert_eq!(ask(&new).await, Err(TokenRefusal::Refused(BearerError::InvalidToken)));
    }
    assert_eq!(documents.asked(), 2);
    clock.advance(Duration::seconds(30));
    let flood = (0..20).map(|_| ask(&new));
    for outcome in futures(flood).await {
        assert_eq!(outcome, Err(TokenRefusal::Refused(BearerError::InvalidToken)));
    }
    assert_eq!(documents.asked(), 3);

    // Down, hours later: what is known serves, what is not cannot be told.
    documents.serve(None);
    clock.advance(Duration::hours(3));
    assert!(ask(&known).await.is_ok());
    assert_eq!(ask(&new).await, down(30));
    documents.serve(Some("not a set".to_owned()));
    clock.advance(Duration::seconds(30));
    assert!(ask(&known).await.is_ok());
    assert_eq!(ask(&new).await, down(30));

    // Up again, with a new key and without the old one.
    documents.serve(Some(set(&[&new]).to_value().to_string()));
    clock.advance(Duration::seconds(30));
    assert!(ask(&new).await.is_ok());
    assert_eq!(ask(&known).await, Err(TokenRefusal::Refused(BearerError::InvalidToken)));
}

/// A number that no earlier call gave.
fn rand_name() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(1000);
    NEXT.fetch_add(1000, Ordering::SeqCst)
}

async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

#[tokio::test]
async fn results_are_remembered_within_their_bounds() {
    let signer = Signer::new(Algorithm::Es256);
    let clock = clock();
    let documents = Arc::new(Documents::default());
    let keys = JwkSource::remote(
        Url::parse("https://cloud.example/jwks").expect("a URL"),
        Arc::clone(&documents) as Arc<dyn crate::fetch::Fetch>,
        clock.clone(),
    );
    let verifier = AccessTokenVerifier::new(ISSUER, keys, clock.clone());
    let token = signer.sign(&header(), &claims());
    documents.serve(Some(json!({"keys": []}).to_string()));
    assert!(!accepts(&verifier, &token).await);
    documents.serve(Some(set(&[&signer]).to_value().to_string()));
    clock.advance(Duration::seconds(9));
    assert!(!accepts(&verifier, &token).await, "a bad result rests for ten seconds");
    clock.advance(Duration::seconds(21));
    assert!(accepts(&verifier, &token).await);
    for name in 0..10_500 {
        let other = signer.sign_text("{}", &name.to_string());
        assert!(!accepts(&verifier, &other).await);
    }
    assert!(verifier.remembered() <= 10_000);
}
