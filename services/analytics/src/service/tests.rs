//! Storage against a recount of the raw events by plain SQL, whatever comes in whatever order.

mod authors;
mod closed;
mod ranking;
mod recount;
mod retention;
mod sampled;
mod spans;
mod world;

use std::env;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sqlx::PgPool;
use tokio::{runtime::Handle, task::spawn_blocking};

use recount::{ZONES, check};
use world::{Step, THRESHOLDS, World, event};

const CASES: u32 = 12;

/// What is done with the events: each is delivered once at least, in an order that `shuffle` makes.
fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..40_usize).prop_map(Step::Batch),
        2 => (0..40_usize, 0..40_usize).prop_map(|(one, other)| Step::Both(one, other)),
        2 => Just(Step::Repeat),
        2 => Just(Step::RepeatAtAnotherTime),
        3 => Just(Step::Merge),
        3 => (0..THRESHOLDS.len()).prop_map(Step::Close),
        1 => Just(Step::Rebuild),
    ]
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn rollups_equal_a_recount_in_any_order_batching_and_repetition(pool: PgPool) {
    let handle = Handle::current();
    let run = move || {
        let mut config = Config { failure_persistence: None, ..Config::default() };
        config.max_shrink_iters = 50;
        if env::var_os("PROPTEST_CASES").is_none() {
            config.cases = CASES;
        }
        let cases = (vec(event(), 1..150).prop_shuffle(), vec(step(), 1..12));
        TestRunner::new(config).run(&cases, |(events, steps)| {
            handle.block_on(async {
                let mut world = World::new(pool.clone(), events).await;
                for step in &steps {
                    world.carry_out(step).await;
                }
                world.carry_out(&Step::Rest).await;
                for zone in ZONES {
                    check(&pool, zone).await?;
                }
                world.carry_out(&Step::Close(0)).await;
                for zone in ZONES {
                    check(&pool, zone).await?;
                }
                let before = world.rollups().await;
                world.carry_out(&Step::Rebuild).await;
                prop_assert_eq!(world.rollups().await, before);
                for zone in ZONES {
                    check(&pool, zone).await?;
                }
                Ok(())
            })
        })
    };
    if let Err(failure) = spawn_blocking(run).await.unwrap() {
        panic!("{failure}");
    }
}
