//! Counts the running tests, by user and by lane.

use std::collections::{HashMap, HashSet};

use ids::UserId;
use sqlx::{PgConnection, query};

use crate::domain::Lane;

/// The number of running tests over all processes.
#[derive(Default)]
pub struct Running {
    of_user: HashMap<UserId, i32>,
    in_lane: HashMap<String, i32>,
    /// The lanes in which a user has a running test.
    lanes_of_users: HashSet<(String, UserId)>,
}

impl Running {
    pub async fn read(connection: &mut PgConnection) -> sqlx::Result<Self> {
        let rows = query!(
            r#"select test_lane(model_provider, model_name) as "lane!", user_id,
                      count(*)::int as "count!"
               from tests where status = 'RUNNING' group by 1, 2"#
        )
        .fetch_all(connection)
        .await?;
        let mut running = Self::default();
        for row in rows {
            *running.of_user.entry(row.user_id).or_default() += row.count;
            *running.in_lane.entry(row.lane.clone()).or_default() += row.count;
            running.lanes_of_users.insert((row.lane, row.user_id));
        }
        Ok(running)
    }

    pub fn of_user(&self, user: UserId) -> i32 {
        self.of_user.get(&user).copied().unwrap_or(0)
    }

    pub fn in_lane(&self, lane: &Lane) -> i32 {
        self.in_lane.get(lane.as_str()).copied().unwrap_or(0)
    }

    pub fn is_in(&self, lane: &Lane, user: UserId) -> bool {
        self.lanes_of_users.contains(&(lane.as_str().to_owned(), user))
    }
}
