//! People and their follows.

use std::ops::Range;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use uuid::Uuid;

use super::{
    copy::{Rows, Time},
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
pub fn accounts(plan: &Plan, people: &People, range: Range<usize>) -> Rows<11> {
    let mut rows = Rows::new(
        "users",
        [
            "id",
            "username",
            "email",
            "password_hash",
            "first_name",
            "last_name",
            "bio",
            "email_verified",
            "created_at",
            "updated_at",
            "last_login_at",
        ],
    );
    for person in range {
        let mut rng = stream(plan, person);
        let (id, since, [first, last]) = basics(plan, person, &mut rng);
        let username = &people.usernames[person];
        let named = rng.chance(0.8);
        let bio = rng.chance(0.3).then(|| text::remark(&mut rng, &LANGUAGES[0]));
        let last_login = rng.chance(0.9).then(|| Time(plan.after(since, &mut rng)));
        rows.push([
            &id,
            username,
            &format!("{username}@promptforge.example"),
            &unknown_password(&mut rng),
            &named.then_some(first),
            &named.then_some(last),
            &bio,
            &rng.chance(0.7),
            &Time(since),
            &Time(since),
            &last_login,
        ]);
    }
    rows
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
pub fn follows(plan: &Plan, people: &People, range: Range<usize>) -> Rows<3> {
    let mut rows = Rows::new("follows", ["follower_id", "followee_id", "created_at"]);
    let mut crowd = DistinctPeople::new(people.count());
    for person in range {
        let mut rng = Rng::new(plan.seed, Stream::Follows, person as u64);
        crowd.without(person);
        for _ in 0..plan.follows[person] {
            let other = crowd.next(&mut rng);
            let both = people.registered_at[person].max(people.registered_at[other]);
            let time = Time(plan.after(both, &mut rng));
            rows.push([&people.ids[person], &people.ids[other], &time]);
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
