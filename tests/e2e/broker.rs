use local_broker::LocalBroker;

use crate::{
    fleet::Fleet,
    people::{register, stats_where},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_the_broker_was_away_arrives_once_it_is_back() {
    let broker = LocalBroker::start().unwrap();
    let fleet = Fleet::start_on(&broker).await;
    broker.down().unwrap();
    let mut people = Vec::new();
    for i in 0..3 {
        people.push(register(&fleet, &format!("person{i}")).await);
    }
    for (i, person) in people.iter().enumerate() {
        person.creates(&format!("Prompt {i}")).await;
    }
    // The processes that took the work are killed before they could send an event.
    fleet.kill_and_restart("user").await;
    fleet.kill_and_restart("prompt").await;
    broker.up().unwrap();
    let stats = stats_where(&fleet, "three people and three prompts", |stats| {
        stats["newUsersLast24h"] == 3 && stats["promptsCreatedLast24h"] == 3
    })
    .await;
    assert_eq!((&stats["totalUserEvents"], &stats["totalPromptEvents"]), (&3.into(), &3.into()));
}
