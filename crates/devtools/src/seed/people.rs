//! People, and whom they follow.

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

/// What everything else needs to know of everyone. The first are those who do most.
pub struct People {
    pub ids: Vec<Uuid>,
    pub usernames: Vec<String>,
    /// When they registered; milliseconds since 1970.
    pub since: Vec<i64>,
}

impl People {
    pub fn new(plan: &Plan) -> Self {
        let count = plan.numbers.users;
        let mut people = Self {
            ids: Vec::with_capacity(count),
            usernames: Vec::with_capacity(count),
            since: Vec::with_capacity(count),
        };
        for person in 0..count {
            let (id, since, [first, last]) = basics(plan, person, &mut stream(plan, person));
            people.ids.push(id);
            people.since.push(since);
            // The seed keeps those of different seeds apart; the number, those of one.
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

/// Accounts that nobody can sign in to.
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

/// Random bytes in the form of an Argon2id hash, as the user service would have made it: checking a
/// password against it takes as long, and none is right.
fn unknown_password(rng: &mut Rng) -> String {
    let mut bytes = [0; 48];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&rng.bits().to_le_bytes());
    }
    let (salt, hash) = bytes.split_at(16);
    let [salt, hash] = [salt, hash].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}")
}

/// Whom these people follow; everyone must be there.
pub fn follows(plan: &Plan, people: &People, range: Range<usize>) -> Rows<3> {
    let mut rows = Rows::new("follows", ["follower_id", "followee_id", "created_at"]);
    let mut crowd = Crowd::new(people.count());
    for person in range {
        let mut rng = Rng::new(plan.seed, Stream::Follows, person as u64);
        crowd.without(person);
        for _ in 0..plan.follows[person] {
            let other = crowd.next(&mut rng);
            let both = people.since[person].max(people.since[other]);
            let time = Time(plan.after(both, &mut rng));
            rows.push([&people.ids[person], &people.ids[other], &time]);
        }
    }
    rows
}

/// Draws people so that none comes twice.
pub struct Crowd {
    /// In which round each was drawn last.
    drawn: Vec<u32>,
    round: u32,
}

impl Crowd {
    pub fn new(people: usize) -> Self {
        Self { drawn: vec![0; people], round: 0 }
    }

    /// Begins anew: all but this one are there again.
    pub fn without(&mut self, person: usize) {
        self.round += 1;
        self.drawn[person] = self.round;
    }

    /// Someone not drawn yet; the plan asks for no more than half of them.
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
