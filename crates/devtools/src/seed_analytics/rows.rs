//! The rows of a part of the activity.

use std::ops::Range;

use sqlx::PgConnection;

use super::plan::{Plan, Viewer};
use crate::seed::copy::{Rows, Time};

/// The rows of each table.
pub struct Tables {
    users: Rows<4>,
    prompts: Rows<6>,
    event_ids: Rows<2>,
}

impl Tables {
    /// Makes the views with these numbers, and the creations and registrations of the same time.
    pub fn new(plan: &Plan, views: Range<u64>) -> Self {
        let mut tables = Self {
            users: Rows::new(
                "user_activity_events",
                ["event_id", "user_id", "event_type", "event_time"],
            ),
            prompts: Rows::new(
                "prompt_activity_events",
                ["event_id", "prompt_id", "user_id", "viewer", "event_type", "event_time"],
            ),
            event_ids: Rows::new("event_ids", ["event_id", "event_time"]),
        };
        for account in plan.registrations(views.clone()) {
            let at = Time(account.at);
            tables.users.push([&account.event_id, &account.user_id, &"REGISTERED", &at]);
            tables.event_ids.push([&account.event_id, &at]);
        }
        for prompt in plan.creations(views.clone()) {
            let (author, nobody) = (Some(prompt.user_id), None);
            tables.add_prompt_event(
                [prompt.event_id, prompt.id],
                [author, nobody],
                "CREATED",
                prompt.at,
            );
        }
        for number in views {
            let view = plan.view(number);
            let viewer = match view.viewer {
                Viewer::Account(id) => [Some(id), None],
                Viewer::Visitor(key) => [None, Some(key)],
                Viewer::Unknown => [None, None],
            };
            tables.add_prompt_event([view.event_id, view.prompt_id], viewer, "VIEWED", view.at);
        }
        tables
    }

    fn add_prompt_event(
        &mut self,
        [event_id, prompt_id]: [uuid::Uuid; 2],
        [user_id, viewer]: [Option<uuid::Uuid>; 2],
        event_type: &str,
        at: i64,
    ) {
        let at = Time(at);
        self.prompts.push([&event_id, &prompt_id, &user_id, &viewer, &event_type, &at]);
        self.event_ids.push([&event_id, &at]);
    }

    /// Returns the number of events.
    pub fn events(&self) -> u64 {
        self.event_ids.count()
    }

    /// Writes all rows; the caller has a transaction.
    ///
    /// # Errors
    /// When Postgres refuses a row.
    pub async fn write(self, connection: &mut PgConnection) -> anyhow::Result<()> {
        self.users.write(connection).await?;
        self.prompts.write(connection).await?;
        self.event_ids.write(connection).await
    }
}
