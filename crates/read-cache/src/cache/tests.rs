use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{sync::oneshot, task::yield_now};

use super::*;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

fn cache(lifetime: Duration) -> ReadCache<u32, String> {
    ReadCache::new(lifetime, 1 << 20, |_, value: &String| value.len())
}

/// Reads at once.
async fn value(cache: &ReadCache<u32, String>, text: &str) -> String {
    let text = text.to_owned();
    cache.get(1, || async { Ok(Some(text)) }).await.unwrap().unwrap()
}

/// Begins a read that ends when the sender says so, and with what.
async fn begin(
    cache: &ReadCache<u32, String>,
) -> (oneshot::Sender<Option<String>>, tokio::task::JoinHandle<Outcome<String>>) {
    let (sender, receiver) = oneshot::channel();
    let reader = cache.clone();
    let reader =
        tokio::spawn(async move { reader.get(1, || async { Ok(receiver.await.unwrap()) }).await });
    while !cache.lock().contains_key(&1) {
        yield_now().await;
    }
    (sender, reader)
}

#[tokio::test]
async fn a_thousand_at_once_for_one_cold_key_are_one_read() {
    let (cache, reads) = (cache(LONG), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..1000)
        .map(|_| {
            let (cache, reads) = (cache.clone(), reads.clone());
            tokio::spawn(async move {
                let read = || async move {
                    reads.fetch_add(1, Ordering::SeqCst);
                    yield_now().await;
                    Ok(Some("text".to_owned()))
                };
                cache.get(1, read).await.unwrap().unwrap()
            })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), "text");
    }
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_first_reader_may_leave_and_the_others_get_the_value() {
    let cache = cache(LONG);
    let (sender, first) = begin(&cache).await;
    let second = tokio::spawn({
        let cache = cache.clone();
        async move { value(&cache, "a second read").await }
    });
    yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    sender.send(Some("the first read".to_owned())).unwrap();
    assert_eq!(second.await.unwrap(), "the first read");
    assert_eq!(value(&cache, "a third read").await, "the first read");
}

#[tokio::test]
async fn a_read_that_began_before_a_change_is_not_kept_after_it() {
    for forget in [|cache: &ReadCache<u32, String>| cache.forget(&1), ReadCache::clear] {
        let cache = cache(LONG);
        let (sender, before) = begin(&cache).await;
        forget(&cache);
        assert_eq!(value(&cache, "new").await, "new", "it waits for no read from before");
        sender.send(Some("old".to_owned())).unwrap();
        assert_eq!(before.await.unwrap().unwrap().unwrap(), "old");
        assert_eq!(value(&cache, "newer").await, "new");
        forget(&cache);
        assert_eq!(value(&cache, "newer").await, "newer");
    }
}

#[tokio::test]
async fn what_was_not_found_or_failed_is_asked_for_again() {
    let cache = cache(LONG);
    assert!(cache.get(1, || async { Ok(None) }).await.unwrap().is_none());
    assert!(cache.get(1, || async { Err(sqlx::Error::PoolTimedOut.into()) }).await.is_err());
    assert_eq!(value(&cache, "there").await, "there");
}

#[tokio::test]
async fn a_panic_of_a_read_is_an_error_of_those_who_waited_only() {
    let cache = cache(LONG);
    let (sender, reader) = begin(&cache).await;
    drop(sender);
    assert!(reader.await.unwrap().is_err());
    assert_eq!(value(&cache, "there").await, "there");
}

#[tokio::test]
async fn a_value_lives_from_before_its_read_and_no_longer() {
    let cache = cache(Duration::from_millis(20));
    let (sender, reader) = begin(&cache).await;
    tokio::time::sleep(Duration::from_millis(25)).await;
    sender.send(Some("old".to_owned())).unwrap();
    assert_eq!(reader.await.unwrap().unwrap().unwrap(), "old");
    assert_eq!(value(&cache, "new").await, "new");
}

#[tokio::test]
async fn memory_stays_within_its_bound_under_a_million_keys() {
    let cache: ReadCache<u32, u32> = ReadCache::new(LONG, 1 << 20, |_, _| 1024);
    for key in 0..1_000_000 {
        cache.0.entries.insert(key, Entry { value: key, read_at: Instant::now() });
        if key % 10_000 == 0 {
            assert!(cache.0.entries.weighted_size() <= 2 << 20);
        }
    }
    cache.0.entries.run_pending_tasks();
    assert!(cache.0.entries.weighted_size() <= 1 << 20, "{}", cache.0.entries.weighted_size());
    assert!(cache.lock().is_empty());
}
