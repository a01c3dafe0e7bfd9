//! Emptying a Kafka cluster of one node: its groups, whose members are asked to leave first, and its topics.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use events::topics;
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    config::ClientConfig,
    types::RDKafkaErrorCode,
};
use tokio::task::spawn_blocking;

use crate::eventually;

type Admin = AdminClient<DefaultClientContext>;

/// The time within which the broker must answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Removes all groups and topics, and makes every event topic.
///
/// # Panics
/// When the broker is away or refuses.
pub async fn empty(address: &str) {
    let config = ClientConfig::new().set("bootstrap.servers", address).clone();
    // Making and dropping a client waits for its threads.
    let admin: Admin = spawn_blocking(move || config.create()).await.unwrap().unwrap();
    eventually("no group to be left", || remove_groups(&admin, address)).await;
    eventually("no topic to be left", || remove_topics(&admin)).await;
    create_topics(&admin).await;
    eventually("every partition to have its leader", || async {
        let (topics, have_leaders) = topics_of(&admin);
        (have_leaders && topics.len() == topics::all().len()).then_some(())
    })
    .await;
    spawn_blocking(move || drop(admin)).await.unwrap();
}

/// Removes what groups there are; `None` as long as there were any.
async fn remove_groups(admin: &Admin, address: &str) -> Option<()> {
    let groups = admin.inner().fetch_group_list(None, ANSWER).unwrap();
    let names: Vec<&str> = groups.groups().iter().map(|group| group.name()).collect();
    if names.is_empty() {
        return Some(());
    }
    for group in groups.groups() {
        for member in group.members() {
            // A process that was killed stays a member until its session expires, 6 s later.
            let _ = leave(address, group.name(), member.id());
        }
    }
    // One whose member came back meanwhile is refused, and comes again in the next round.
    admin.delete_groups(&names, &options()).await.unwrap();
    None
}

/// Removes what topics there are; `None` as long as there were any.
async fn remove_topics(admin: &Admin) -> Option<()> {
    let (topics, _) = topics_of(admin);
    if topics.is_empty() {
        return Some(());
    }
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    for result in admin.delete_topics(&names, &options()).await.unwrap() {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
            Err((topic, code)) => panic!("cannot remove {topic}: {code}"),
        }
    }
    None
}

async fn create_topics(admin: &Admin) {
    let names = topics::all();
    let topics: Vec<_> = names
        .iter()
        .map(|name| NewTopic::new(name, topics::PARTITIONS, TopicReplication::Fixed(1)))
        .collect();
    for result in admin.create_topics(&topics, &options()).await.unwrap() {
        result.unwrap();
    }
}

/// Returns the topics that are not the broker's own, and whether all their partitions have a leader.
fn topics_of(admin: &Admin) -> (Vec<String>, bool) {
    let metadata = admin.inner().fetch_metadata(None, ANSWER).unwrap();
    let topics = metadata.topics().iter().filter(|topic| !topic.name().starts_with("__"));
    let mut have_leaders = true;
    let mut names = Vec::new();
    for topic in topics {
        have_leaders &= topic.partitions().iter().all(|partition| partition.leader() >= 0);
        names.push(topic.name().to_owned());
    }
    (names, have_leaders)
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(ANSWER)).request_timeout(Some(ANSWER))
}

/// Tells the coordinator that a member leaves a group. Kafka's protocol has it, and librdkafka's
/// administration does not.
fn leave(address: &str, group: &str, member: &str) -> std::io::Result<()> {
    const LEAVE_GROUP: i16 = 13;
    const VERSION: i16 = 1;
    let mut frame = Vec::new();
    frame.extend(LEAVE_GROUP.to_be_bytes());
    frame.extend(VERSION.to_be_bytes());
    // The number of the request, and no name of the client.
    frame.extend(0_i32.to_be_bytes());
    frame.extend((-1_i16).to_be_bytes());
    for text in [group, member] {
        frame.extend(i16::try_from(text.len()).unwrap().to_be_bytes());
        frame.extend(text.as_bytes());
    }
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(ANSWER))?;
    connection.write_all(&u32::try_from(frame.len()).unwrap().to_be_bytes())?;
    connection.write_all(&frame)?;
    // The answer begins with its length.
    connection.read_exact(&mut [0; 4])
}
