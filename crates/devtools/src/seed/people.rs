//! People and their follows.

use std::ops::Range;

use auth::Role;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use ids::UserId;
use pg::CopyRows;
use timestamp::Timestamp;
use user_service::rows::{FollowRow, UserRow};
use uuid::Uuid;

use super::{
    plan::Plan,
    rng::{Rng, Stream},
    text,
    words::{FIRST_NAMES, LANGUAGES, LAST_NAMES},
};

/// The people, the most active first.
pub struct People {
    pub ids: Vec<Uuid>,
    pub usernames: Vec<String>,
    /// The times of registration, in milliseconds since 1970.
    pub registered_at: Vec<i64>,
}

impl People {
    pub fn new(plan: &Plan) -> Self {
        let count = plan.numbers.users;
        let mut people = Self {
            ids: Vec::with_capacity(count),
            usernames: Vec::with_capacity(count),
            registered_at: Vec::with_capacity(count),
        };
        for person in 0..count {
            let (id, since, [first, last]) = basics(plan, person, &mut stream(plan, person));
            people.ids.push(id);
            people.registered_at.push(since);
            // The seed makes names of different seeds differ; the number, names of one seed.
            let name = format!("{first}.{last}.{}-{person}", plan.seed);
            people.usernames.push(name.to_lowercase());
        }
        people
    }

    pub fn count(&self) -> usize {
        self.ids.len()
    }
}

fn stream(plan: &Plan, person: usize) -> Rng {
    Rng::new(plan.seed, Stream::Person, person as u64)
}

fn basics(plan: &Plan, person: usize, rng: &mut Rng) -> (Uuid, i64, [&'static str; 2]) {
    let since = plan.person_time(person, rng);
    (rng.id(since), since, [rng.pick(&FIRST_NAMES), rng.pick(&LAST_NAMES)])
}

/// Makes the rows of accounts; nobody can sign in to them.
pub fn accounts(plan: &Plan, people: &People, range: Range<usize>) -> CopyRows<UserRow> {
    let mut rows = CopyRows::default();
    for person in range {
        rows.push(&account(plan, people, person));
    }
    rows
}

fn account(plan: &Plan, people: &People, person: usize) -> UserRow {
    let mut rng = stream(plan, person);
    let (id, since, [first, last]) = basics(plan, person, &mut rng);
    let username = people.usernames[person].clone();
    let named = rng.chance(0.8);
    let bio = rng.chance(0.3).then(|| text::remark(&mut rng, &LANGUAGES[0]));
    let last_login = rng.chance(0.9).then(|| plan.after(since, &mut rng));
    UserRow {
        id: UserId(id),
        email: format!("{username}@promptforge.example"),
        username,
        password_hash: unknown_password(&mut rng),
        first_name: named.then(|| first.to_owned()),
        last_name: named.then(|| last.to_owned()),
        bio,
        avatar_url: None,
        roles: vec![Role::User.to_string()],
        active: true,
        email_verified: rng.chance(0.7),
        created_at: Timestamp::from_millis(since),
        updated_at: Timestamp::from_millis(since),
        last_login_at: last_login.map(Timestamp::from_millis),
        password_version: 1,
        made_from_settings: false,
    }
}

/// Makes random bytes in the form of an Argon2id hash of the user service: to check a password against
/// it takes as long, and no password is right.
fn unknown_password(rng: &mut Rng) -> String {
    let mut bytes = [0; 48];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&rng.bits().to_le_bytes());
    }
    let (salt, hash) = bytes.split_at(16);
    let [salt, hash] = [salt, hash].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}")
}

/// Makes the rows of follows; all accounts must be written before.
pub fn follows(plan: &Plan, people: &People, range: Range<usize>) -> CopyRows<FollowRow> {
    let mut rows = CopyRows::default();
    let mut crowd = DistinctPeople::new(people.count());
    for person in range {
        let mut rng = Rng::new(plan.seed, Stream::Follows, person as u64);
        crowd.without(person);
        for _ in 0..plan.follows[person] {
            let other = crowd.next(&mut rng);
            let both = people.registered_at[person].max(people.registered_at[other]);
            rows.push(&FollowRow {
                follower_id: UserId(people.ids[person]),
                followee_id: UserId(people.ids[other]),
                created_at: Timestamp::from_millis(plan.after(both, &mut rng)),
            });
        }
    }
    rows
}

/// A draw of people in which nobody is drawn twice.
pub struct DistinctPeople {
    /// The round in which each person was drawn last.
    drawn: Vec<u32>,
    round: u32,
}

impl DistinctPeople {
    pub fn new(people: usize) -> Self {
        Self { drawn: vec![0; people], round: 0 }
    }

    /// Starts another draw, from everyone but this person.
    pub fn without(&mut self, person: usize) {
        self.round += 1;
        self.drawn[person] = self.round;
    }

    /// Draws a person not drawn yet; the plan asks for half of them at most.
    pub fn next(&mut self, rng: &mut Rng) -> usize {
        loop {
            let person = rng.active(self.drawn.len());
            if self.drawn[person] != self.round {
                self.drawn[person] = self.round;
                return person;
            }
        }
    }
}
