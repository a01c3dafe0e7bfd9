use std::collections::BTreeMap;

use model_client::{Completion, Usage, UsageSource};
use pg::Timestamp;
use sqlx::{PgPool, query_scalar};

use super::{
    claim::{Places, Room, Wanted, claim},
    record::{Answer, Failure, Outcome, Part, keep_part, record},
    *,
};
use crate::{
    domain::{NewTest, Target, Test, TestStatus},
    repo::tests,
};

const MAX_TRIES: i32 = 3;
const LEASE: Duration = Duration::from_secs(30);
const EXPIRED: Duration = Duration::ZERO;

async fn queue_one(pool: &PgPool) -> Test {
    queue_for(pool, UserId::new(), ModelProvider::Mock).await
}

async fn queue_for(pool: &PgPool, user_id: UserId, model_provider: ModelProvider) -> Test {
    let new = NewTest {
        user_id,
        prompt: None,
        prompt_content: "hello".to_owned(),
        system_prompt: None,
        target: Target {
            model_provider,
            model_name: "mock".to_owned(),
            temperature: None,
            max_tokens: None,
            seed: None,
        },
        assertions: Vec::new(),
        part_of: None,
    };
    tests::insert(pool, TestId::new(), &new).await.unwrap()
}

async fn look(pool: &PgPool, test: &Test) -> Test {
    tests::find_visible(pool, test.id, test.user_id, false).await.unwrap().unwrap()
}

fn lane(provider: ModelProvider) -> Lane {
    Lane::of(provider, "mock")
}

fn wanted(free: &[(ModelProvider, i32)], user_concurrency: i32, lease: Duration) -> Wanted {
    let room = |slots| Room { slots, spare: 0, limit: None };
    let free = free.iter().map(|(provider, slots)| (lane(*provider), room(*slots)));
    Wanted { free: free.collect(), user_concurrency, lease }
}

/// As [`wanted`], of one lane.
fn wanted_in(provider: ModelProvider, room: Room) -> Wanted {
    Wanted { free: BTreeMap::from([(lane(provider), room)]), user_concurrency: 100, lease: LEASE }
}

async fn claim_as(pool: &PgPool, wanted: &Wanted, places: &mut Places) -> Vec<Job> {
    let mut tx = pool.begin().await.unwrap();
    let jobs = claim(&mut tx, wanted, places).await.unwrap();
    tx.commit().await.unwrap();
    jobs
}

async fn claim_all(pool: &PgPool, lease: Duration) -> Vec<Job> {
    claim_as(pool, &wanted(&[(ModelProvider::Mock, 100)], 100, lease), &mut Places::new()).await
}

async fn take_back_all(pool: &PgPool) -> Vec<TestId> {
    take_back(pool, MAX_TRIES, "given up").await.unwrap()
}

async fn put(pool: &PgPool, claim: Claim, outcome: Outcome) -> bool {
    record(pool, &[(claim, &outcome)]).await.unwrap() == [claim.id]
}

fn answer(text: &str) -> Outcome {
    Outcome::Completed(Answer {
        completion: completion(text),
        took: Duration::from_millis(5),
        cost: None,
        grade: None,
    })
}

fn completion(text: &str) -> Completion {
    let usage = Usage {
        input_tokens: 1,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 2,
        reasoning_tokens: 0,
        source: UsageSource::Provider,
    };
    Completion { text: text.to_owned(), usage }
}

fn part(text: &str) -> Part {
    Part { completion: completion(text), cost: None }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_claimed_test_is_not_claimed_again_while_its_lease_lasts(pool: PgPool) {
    let test = queue_one(&pool).await;
    let jobs = claim_all(&pool, LEASE).await;
    assert_eq!((jobs[0].claim.id, jobs[0].claim.attempt), (test.id, 1));
    assert!(take_back_all(&pool).await.is_empty());
    assert!(claim_all(&pool, LEASE).await.is_empty());
    assert_eq!(look(&pool, &test).await.status, TestStatus::Running);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_worker_whose_lease_went_to_another_changes_nothing(pool: PgPool) {
    let test = queue_one(&pool).await;
    let dead = claim_all(&pool, EXPIRED).await.remove(0).claim;
    take_back_all(&pool).await;
    let alive = claim_all(&pool, LEASE).await.remove(0).claim;
    assert_eq!(alive.attempt, 2);

    assert_eq!(extend(&pool, &[dead, alive], LEASE).await.unwrap(), [dead]);
    assert!(!put(&pool, dead, Outcome::TryAgain(Duration::ZERO, None)).await);
    assert!(!put(&pool, dead, Outcome::GivenBack).await);
    assert!(!put(&pool, dead, Outcome::failed("late")).await);
    assert!(!put(&pool, dead, answer("from the dead")).await);

    assert!(put(&pool, alive, answer("from the living")).await);
    assert!(!put(&pool, alive, answer("twice")).await);
    let test = look(&pool, &test).await;
    assert_eq!(test.response.as_deref(), Some("from the living"));
    assert_eq!((test.attempts, test.token_count), (2, Some(3)));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_sign_of_life_keeps_the_lease_and_gets_back_one_that_nobody_took(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, EXPIRED).await.remove(0).claim;
    assert!(extend(&pool, &[claim], LEASE).await.unwrap().is_empty());
    take_back_all(&pool).await;
    assert_eq!(look(&pool, &test).await.status, TestStatus::Running);

    sqlx::query("update tests set due_at = now()").execute(&pool).await.unwrap();
    take_back_all(&pool).await;
    assert_eq!(look(&pool, &test).await.status, TestStatus::Pending);
    assert!(extend(&pool, &[claim], LEASE).await.unwrap().is_empty());
    assert_eq!(look(&pool, &test).await.status, TestStatus::Running);
    assert!(claim_all(&pool, LEASE).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_sign_of_life_does_not_get_back_what_the_worker_itself_put_back(pool: PgPool) {
    let outcomes = || [Outcome::TryAgain(Duration::ZERO, None), Outcome::GivenBack];
    // The second time after the lease had run out.
    let cases = [LEASE, EXPIRED].into_iter().flat_map(|lease| outcomes().map(|o| (o, lease)));
    for (outcome, lease) in cases {
        let test = queue_one(&pool).await;
        let claim = claim_all(&pool, lease).await.remove(0).claim;
        take_back_all(&pool).await;
        assert!(put(&pool, claim, outcome).await);
        assert_eq!(extend(&pool, &[claim], LEASE).await.unwrap(), [claim]);
        assert!(!put(&pool, claim, answer("after all")).await);
        assert_eq!(look(&pool, &test).await.status, TestStatus::Pending);
        assert!(cancel(&pool, test.id, test.user_id).await.unwrap());
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_lease_with_time_left_is_not_written_again(pool: PgPool) {
    queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    let due = || async {
        let due: Timestamp =
            query_scalar("select due_at from tests").fetch_one(&pool).await.unwrap();
        due
    };
    let before = due().await;
    assert!(extend(&pool, &[claim], LEASE).await.unwrap().is_empty());
    assert_eq!(due().await, before);
    assert!(extend(&pool, &[claim], 2 * LEASE).await.unwrap().is_empty());
    assert!(due().await > before);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_answer_that_comes_after_the_lease_is_kept_if_nobody_took_the_test(pool: PgPool) {
    for is_taken_back in [false, true] {
        let test = queue_one(&pool).await;
        let claim = claim_all(&pool, EXPIRED).await.remove(0).claim;
        if is_taken_back {
            take_back_all(&pool).await;
        }
        assert!(put(&pool, claim, answer("late but paid for")).await);
        assert_eq!(look(&pool, &test).await.status, TestStatus::Completed);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_to_be_tried_again_is_due_after_the_delay_and_keeps_its_count(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(put(&pool, claim, Outcome::TryAgain(LEASE, None)).await);
    assert_eq!(look(&pool, &test).await.status, TestStatus::Pending);
    assert!(claim_all(&pool, LEASE).await.is_empty());

    sqlx::query("update tests set due_at = now()").execute(&pool).await.unwrap();
    let again = claim_all(&pool, LEASE).await.remove(0);
    assert_eq!((again.claim.attempt, again.tries), (2, 2));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_that_kills_its_workers_is_given_up(pool: PgPool) {
    let test = queue_one(&pool).await;
    for _ in 0..MAX_TRIES {
        assert!(take_back_all(&pool).await.is_empty());
        assert_eq!(claim_all(&pool, EXPIRED).await.len(), 1);
    }
    assert_eq!(take_back_all(&pool).await, [test.id]);
    assert!(claim_all(&pool, LEASE).await.is_empty());
    let test = look(&pool, &test).await;
    assert_eq!(test.status, TestStatus::Failed);
    assert_eq!(test.error_message.as_deref(), Some("given up"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_stopping_worker_gives_back_is_due_at_once_and_does_not_count(pool: PgPool) {
    let test = queue_one(&pool).await;
    for attempt in 1..=2 * MAX_TRIES {
        let job = claim_all(&pool, LEASE).await.remove(0);
        assert_eq!((job.claim.attempt, job.tries), (attempt, 1));
        assert!(put(&pool, job.claim, Outcome::GivenBack).await);
    }
    let test = look(&pool, &test).await;
    assert_eq!((test.status, test.attempts), (TestStatus::Pending, 2 * MAX_TRIES));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn many_outcomes_are_written_at_once_each_to_its_own_test(pool: PgPool) {
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(queue_one(&pool).await);
    }
    let claims: BTreeMap<TestId, Claim> =
        claim_all(&pool, LEASE).await.into_iter().map(|job| (job.claim.id, job.claim)).collect();
    let outcomes = [
        answer("mine"),
        Outcome::failed("why"),
        Outcome::Failed(Failure { reason: "broke off".to_owned(), part: Some(part("half")) }),
        Outcome::TryAgain(LEASE, None),
        Outcome::GivenBack,
    ];
    let pairs: Vec<_> = all.iter().map(|test| claims[&test.id]).zip(&outcomes).collect();
    assert_eq!(record(&pool, &pairs).await.unwrap().len(), 5);
    let mut now = Vec::new();
    for test in &all {
        now.push(look(&pool, test).await);
    }
    let statuses: Vec<_> = now.iter().map(|test| test.status).collect();
    use TestStatus::{Completed, Failed, Pending};
    assert_eq!(statuses, [Completed, Failed, Failed, Pending, Pending]);
    assert_eq!(now[0].response.as_deref(), Some("mine"));
    assert_eq!(now[0].usage_source, Some(UsageSource::Provider));
    assert_eq!(now[1].error_message.as_deref(), Some("why"));
    assert_eq!((now[1].response.is_none(), now[1].usage_source), (true, None));
    assert_eq!((now[2].response.as_deref(), now[2].token_count), (Some("half"), Some(3)));
    let incomplete: Vec<_> = now.iter().map(|test| test.response_incomplete).collect();
    assert_eq!(incomplete, [false, false, true, false, false]);
    assert!(now[3].completed_at.is_none() && now[4].completed_at.is_none());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_cancelled_test_takes_no_result(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(!cancel(&pool, test.id, UserId::new()).await.unwrap());
    assert!(cancel(&pool, test.id, test.user_id).await.unwrap());
    assert_eq!(extend(&pool, &[claim], LEASE).await.unwrap(), [claim]);
    assert!(!put(&pool, claim, answer("too late")).await);
    assert!(!cancel(&pool, test.id, test.user_id).await.unwrap());
    let test = look(&pool, &test).await;
    assert_eq!((test.status, test.response), (TestStatus::Cancelled, None));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_cancelled_test_keeps_what_its_last_attempt_heard_and_no_other_test_does(pool: PgPool) {
    let test = queue_one(&pool).await;
    let first = claim_all(&pool, EXPIRED).await.remove(0).claim;
    take_back_all(&pool).await;
    let second = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(!keep_part(&pool, second, &part("not cancelled")).await.unwrap());
    assert!(cancel(&pool, test.id, test.user_id).await.unwrap());
    assert!(!keep_part(&pool, first, &part("of another attempt")).await.unwrap());
    assert!(keep_part(&pool, second, &part("half")).await.unwrap());
    let test = look(&pool, &test).await;
    assert_eq!((test.response.as_deref(), test.response_incomplete), (Some("half"), true));
    assert_eq!((test.status, test.token_count), (TestStatus::Cancelled, Some(3)));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_an_attempt_heard_is_kept_until_a_later_one_hears_something(pool: PgPool) {
    let test = queue_one(&pool).await;
    let heard = async |outcome: Outcome| {
        let claim = claim_all(&pool, LEASE).await.remove(0).claim;
        assert!(put(&pool, claim, outcome).await);
        let test = look(&pool, &test).await;
        (test.status, test.response, test.response_incomplete, test.token_count)
    };
    let half = |text: &str| Some(text.to_owned());
    use TestStatus::{Completed, Failed, Pending};
    let again = |part| Outcome::TryAgain(Duration::ZERO, part);
    assert_eq!(heard(again(Some(part("half")))).await, (Pending, half("half"), true, Some(3)));
    assert_eq!(heard(again(None)).await, (Pending, half("half"), true, Some(3)));
    assert_eq!(heard(Outcome::GivenBack).await, (Pending, half("half"), true, Some(3)));
    assert_eq!(heard(again(Some(part("other")))).await, (Pending, half("other"), true, Some(3)));
    assert_eq!(heard(Outcome::failed("away")).await, (Failed, half("other"), true, Some(3)));

    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(put(&pool, claim, again(Some(part("half")))).await);
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(put(&pool, claim, answer("whole")).await);
    let test = look(&pool, &test).await;
    assert_eq!((test.status, test.response_incomplete), (Completed, false));
    assert_eq!(test.response.as_deref(), Some("whole"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn spare_slots_are_for_people_who_have_none_running_in_the_lane(pool: PgPool) {
    use ModelProvider::{Mock, Openai};
    let (ada, bob, eve) = (UserId::new(), UserId::new(), UserId::new());
    for _ in 0..5 {
        queue_for(&pool, ada, Mock).await;
        queue_for(&pool, bob, Mock).await;
    }
    let count = async |slots, spare| {
        let wanted = wanted_in(Mock, Room { slots, spare, limit: None });
        claim_as(&pool, &wanted, &mut Places::new()).await.len()
    };
    // Two each of Ada's and Bob's fill what is shared.
    assert_eq!(count(6, 2).await, 4);
    assert_eq!(count(2, 2).await, 0);
    // Eve has none running here; that she has some elsewhere puts her last, not out.
    for _ in 0..3 {
        queue_for(&pool, eve, Openai).await;
    }
    let elsewhere = wanted_in(Openai, Room { slots: 3, spare: 0, limit: None });
    assert_eq!(claim_as(&pool, &elsewhere, &mut Places::new()).await.len(), 3);
    for _ in 0..3 {
        queue_for(&pool, eve, Mock).await;
    }
    assert_eq!(count(2, 2).await, 1);
    assert_eq!(count(1, 2).await, 0);
    assert_eq!(count(3, 2).await, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_lane_with_a_limit_keeps_to_it_over_all_processes(pool: PgPool) {
    for _ in 0..5 {
        queue_for(&pool, UserId::new(), ModelProvider::OpenaiCompatible).await;
    }
    let wanted =
        wanted_in(ModelProvider::OpenaiCompatible, Room { slots: 3, spare: 0, limit: Some(3) });
    let jobs = claim_as(&pool, &wanted, &mut Places::new()).await;
    assert_eq!(jobs.len(), 3);
    // Another process has all its slots free.
    assert!(claim_as(&pool, &wanted, &mut Places::new()).await.is_empty());
    assert!(put(&pool, jobs[0].claim, answer("done")).await);
    assert_eq!(claim_as(&pool, &wanted, &mut Places::new()).await.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_database_and_the_service_name_lanes_alike(pool: PgPool) {
    use ModelProvider::{Gemini, OpenaiCompatible};
    for (provider, model) in [
        (Gemini, "a/b"),
        (OpenaiCompatible, "local/a/b"),
        (OpenaiCompatible, ""),
        (OpenaiCompatible, "x"),
    ] {
        let named: String = query_scalar("select test_lane($1, $2)")
            .bind(provider)
            .bind(model)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(named, Lane::of(provider, model).as_str());
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_for_an_endpoint_that_is_gone_does_not_wait_for_ever(pool: PgPool) {
    let test = queue_for(&pool, UserId::new(), ModelProvider::OpenaiCompatible).await;
    let known = ["local".to_owned()];
    assert!(fail_unserved(&pool, &known, "gone").await.unwrap().is_empty());
    sqlx::query("update tests set created_at = now() - interval '2 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    assert!(fail_unserved(&pool, &["mock".to_owned()], "gone").await.unwrap().is_empty());
    assert_eq!(fail_unserved(&pool, &known, "gone").await.unwrap(), [test.id]);
    assert_eq!(look(&pool, &test).await.error_message.as_deref(), Some("gone"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn one_provider_s_slots_are_not_another_s(pool: PgPool) {
    use ModelProvider::{Gemini, Mock, Openai};
    let user = UserId::new();
    for provider in [Openai, Openai, Openai, Mock, Mock, Gemini] {
        queue_for(&pool, user, provider).await;
    }
    let wanted = wanted(&[(Openai, 2), (Mock, 1)], 100, LEASE);
    let jobs = claim_as(&pool, &wanted, &mut Places::new()).await;
    let mut of: Vec<_> = jobs.iter().map(|job| job.provider).collect();
    of.sort();
    assert_eq!(of, [Mock, Openai, Openai]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn everyone_s_first_test_comes_before_anyone_s_second(pool: PgPool) {
    let ada = UserId::new();
    for _ in 0..10 {
        queue_for(&pool, ada, ModelProvider::Mock).await;
    }
    let (bob, eve) = (queue_one(&pool).await, queue_one(&pool).await);
    let three = wanted(&[(ModelProvider::Mock, 3)], 100, LEASE);
    let jobs = claim_as(&pool, &three, &mut Places::new()).await;
    let ids: Vec<_> = jobs.iter().map(|job| job.claim.id).collect();
    assert!(ids.len() == 3 && ids.contains(&bob.id) && ids.contains(&eve.id), "{ids:?}");
    // Nobody else is left: the slots are hers.
    assert_eq!(claim_as(&pool, &three, &mut Places::new()).await.len(), 3);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn whoever_has_fewer_running_comes_first_however_long_others_have_been_due(pool: PgPool) {
    let (ada, bob) = (UserId::new(), UserId::new());
    for _ in 0..10 {
        queue_for(&pool, ada, ModelProvider::Mock).await;
    }
    let mut places = Places::new();
    let two = wanted(&[(ModelProvider::Mock, 2)], 100, LEASE);
    assert_eq!(claim_as(&pool, &two, &mut places).await.len(), 2);
    let mut his = Vec::new();
    for _ in 0..3 {
        his.push(queue_for(&pool, bob, ModelProvider::Mock).await.id);
    }
    // He has none running, she has two: the next two are his, then they are equal and she has waited
    // longer.
    let ids = |jobs: Vec<Job>| jobs.into_iter().map(|job| job.claim.id).collect::<Vec<_>>();
    let mut next = ids(claim_as(&pool, &two, &mut places).await);
    next.sort_unstable();
    assert_eq!(next, his[..2]);
    let one = wanted(&[(ModelProvider::Mock, 1)], 100, LEASE);
    assert!(!his.contains(&ids(claim_as(&pool, &one, &mut places).await)[0]));
    assert_eq!(ids(claim_as(&pool, &one, &mut places).await), his[2..]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn no_more_than_so_many_of_one_person_s_run_at_once(pool: PgPool) {
    use ModelProvider::{Mock, Openai};
    let ada = UserId::new();
    for provider in [Mock, Mock, Openai, Openai] {
        queue_for(&pool, ada, provider).await;
    }
    // Over all providers together.
    let wanted = wanted(&[(Mock, 10), (Openai, 10)], 3, LEASE);
    let jobs = claim_as(&pool, &wanted, &mut Places::new()).await;
    assert_eq!(jobs.len(), 3);
    assert!(claim_as(&pool, &wanted, &mut Places::new()).await.is_empty());
    assert!(put(&pool, jobs[0].claim, answer("done")).await);
    assert_eq!(claim_as(&pool, &wanted, &mut Places::new()).await.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn many_who_claim_at_once_share_without_overlap_and_keep_to_the_limit(pool: PgPool) {
    let ada = UserId::new();
    for _ in 0..30 {
        queue_one(&pool).await;
        queue_for(&pool, ada, ModelProvider::Mock).await;
    }
    let claims = (0..8).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let five = wanted(&[(ModelProvider::Mock, 5)], 7, LEASE);
            claim_as(&pool, &five, &mut Places::new()).await
        })
    });
    let mut taken = Vec::new();
    for jobs in claims.collect::<Vec<_>>() {
        taken.extend(jobs.await.unwrap().into_iter().map(|job| job.claim.id));
    }
    taken.sort_unstable();
    taken.dedup();
    let (running, hers): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where user_id = $1) from tests
         where status = 'RUNNING' and attempts = 1",
    )
    .bind(ada)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!((taken.len(), running), (37, 37));
    assert_eq!(hers, 7);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn where_more_people_wait_than_are_looked_at_the_next_claim_goes_on(pool: PgPool) {
    sqlx::query(
        "insert into tests (id, user_id, prompt_content, model_provider, model_name)
         select gen_random_uuid(), gen_random_uuid(), 'x', 'MOCK', 'mock'
         from generate_series(1, 450)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let (mut places, mut taken) = (Places::new(), Vec::new());
    for expected in [200, 200, 50, 0] {
        let jobs =
            claim_as(&pool, &wanted(&[(ModelProvider::Mock, 500)], 1, LEASE), &mut places).await;
        assert_eq!(jobs.len(), expected);
        assert_eq!(places.is_empty(), expected < 200);
        taken.extend(jobs.into_iter().map(|job| job.claim.id));
    }
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 450);
}
