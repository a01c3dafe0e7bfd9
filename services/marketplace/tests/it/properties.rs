//! Random sequences of sales, refunds, crashes and outages, against the real app. After every step the
//! permanent invariants are checked; whenever no work is left, also those that hold only then.
//!
//! `PROPTEST_CASES=1000 cargo test -p marketplace-service --test it properties` looks harder.

mod rules;
mod steps;
mod world;

use std::{cell::RefCell, env};

use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use sqlx::PgPool;
use tokio::runtime;

use steps::step;
use world::World;

const CASES: u32 = 10;
const STEPS: std::ops::Range<usize> = 5..30;

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn whatever_happens_in_whatever_order_books_licences_and_premium_prompts_agree(pool: PgPool) {
    let run = move || {
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = RefCell::new(runtime.block_on(World::new(&pool)));
        let mut config = Config { failure_persistence: None, ..Config::default() };
        config.max_shrink_iters = 100;
        if env::var_os("PROPTEST_CASES").is_none() {
            config.cases = CASES;
        }
        let outcome = TestRunner::new(config).run(&vec(step(), STEPS), |steps| {
            let mut world = world.borrow_mut();
            runtime.block_on(async {
                world.start_case().await;
                for step in &steps {
                    world.carry_out(step).await?;
                }
                world.wait_until_idle().await?;
                world.check_always().await
            })
        });
        world.into_inner().kill();
        outcome
    };
    if let Err(failure) = tokio::task::spawn_blocking(run).await.unwrap() {
        panic!("{failure}");
    }
}
