//! The accidents, one after the other, under load.

use std::time::Duration;

use promptforge::{console, fleet::Process, local::secrets};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::{environment::Environment, figures::CALM, load::Load, samples::Window};

/// The time in which every instance reads a changed file of keys: each second, and twice the same.
const KEYS_READ: Duration = Duration::from_millis(2500);

/// The time for which an instance hangs: longer than it takes to notice.
const HANGING: Duration = Duration::from_secs(4);

/// A kind of accident.
#[derive(Clone, Copy)]
enum Accident {
    KeysRotate,
    UsersRestart,
    PromptRestarts,
    PromptIsKilled,
    PromptHangs,
    PromptMoves,
    GatewayReloads,
    GatewayIsReplaced,
    UsersAreAway,
}

impl Accident {
    const ALL: [Self; 9] = [
        Self::KeysRotate,
        Self::UsersRestart,
        Self::PromptRestarts,
        Self::PromptIsKilled,
        Self::PromptHangs,
        Self::PromptMoves,
        Self::GatewayReloads,
        Self::GatewayIsReplaced,
        Self::UsersAreAway,
    ];

    /// Returns the name, the services that it happens to, and those that have no instance meanwhile.
    fn describe(self) -> (&'static str, &'static [Process], &'static [Process]) {
        use Process::{Prompt, User};
        match self {
            Self::KeysRotate => ("signing keys rotate", &[User], &[]),
            Self::UsersRestart => ("both user instances restart by turns", &[User], &[]),
            Self::PromptRestarts => ("one of two prompt instances restarts", &[Prompt], &[]),
            Self::PromptIsKilled => ("one of two prompt instances is killed", &[Prompt], &[]),
            Self::PromptHangs => ("one of two prompt instances hangs", &[Prompt], &[]),
            Self::PromptMoves => ("a prompt instance moves to another address", &[Prompt], &[]),
            Self::GatewayReloads => ("SIGHUP, also with a bad file", &[], &[]),
            Self::GatewayIsReplaced => ("SIGTERM, another gateway takes over", &[], &[]),
            Self::UsersAreAway => ("all user instances are away", &[User], &[User]),
        }
    }
}

/// A running drill.
pub struct Drill<'e> {
    environment: &'e mut Environment,
    pub load: Load,
    /// The seconds of load before the accidents, and after each.
    seconds: u64,
    /// The gateway that clients use.
    gateway: usize,
    began: Instant,
}

impl<'e> Drill<'e> {
    pub fn new(environment: &'e mut Environment, load: Load, seconds: u64) -> Self {
        Self { environment, load, seconds, gateway: 0, began: Instant::now() }
    }

    /// Causes all accidents; returns when each of them was.
    ///
    /// # Errors
    /// When something does not recover.
    pub async fn run(&mut self) -> anyhow::Result<Vec<Window>> {
        // Both instances of each are known before anything counts.
        self.wait_until_all_are_used().await?;
        let from = Instant::now();
        sleep(Duration::from_secs(2 * self.seconds)).await;
        let to = Instant::now();
        let mut windows = vec![Window { name: CALM, from, to, affected: &[], absent: &[] }];
        for accident in Accident::ALL {
            let (name, affected, absent) = accident.describe();
            console::eprint(&format!("{:>5.1} s  {name}", self.began.elapsed().as_secs_f32()));
            let from = Instant::now();
            self.cause(accident).await?;
            sleep(Duration::from_secs(self.seconds)).await;
            windows.push(Window { name, from, to: Instant::now(), affected, absent });
        }
        Ok(windows)
    }

    async fn cause(&mut self, accident: Accident) -> anyhow::Result<()> {
        match accident {
            Accident::KeysRotate => self.rotate_keys().await,
            Accident::UsersRestart => {
                self.restart_user(0).await?;
                self.restart_user(1).await
            }
            Accident::PromptRestarts => self.restart_prompt(Signal::TERM).await,
            Accident::PromptIsKilled => self.restart_prompt(Signal::KILL).await,
            Accident::PromptHangs => {
                let hanging = &self.environment.prompts[1];
                hanging.program.signal(Signal::STOP);
                sleep(HANGING).await;
                hanging.program.signal(Signal::CONT);
                self.environment.wait_until_used(self.gateway, hanging.port).await
            }
            Accident::PromptMoves => self.move_prompt().await,
            Accident::GatewayReloads => self.reload_gateway().await,
            Accident::GatewayIsReplaced => {
                let [old, new] = &mut self.environment.gateways;
                new.program.start().await?;
                self.gateway = 1;
                old.program.end_by(Signal::TERM).await?;
                self.wait_until_all_are_used().await
            }
            Accident::UsersAreAway => {
                for user in &mut self.environment.users {
                    user.program.end_by(Signal::KILL).await?;
                }
                sleep(Duration::from_secs(1)).await;
                let [first, second] = &mut self.environment.users;
                tokio::try_join!(first.program.start(), second.program.start())?;
                self.environment.wait_until_used(self.gateway, self.environment.users[0].port).await
            }
        }
    }

    /// Rotates the keys by the steps of `docs/SECURITY.md`, without their waits: a gateway asks again for the
    /// keys when it sees a token of one that it does not know.
    async fn rotate_keys(&mut self) -> anyhow::Result<()> {
        let old = self.environment.first_key()?;
        let new = secrets::signing_key()?;
        self.environment.write_keys(&[&old, &new])?;
        sleep(KEYS_READ).await;
        self.environment.write_keys(&[&new, &old])?;
        sleep(KEYS_READ).await;
        self.load.session().sign_in().await?;
        self.environment.write_keys(&[&new])?;
        sleep(KEYS_READ).await;
        Ok(())
    }

    async fn restart_user(&mut self, which: usize) -> anyhow::Result<()> {
        let user = &mut self.environment.users[which];
        user.program.end_by(Signal::TERM).await?;
        user.program.start().await?;
        let port = user.port;
        self.environment.wait_until_used(self.gateway, port).await
    }

    async fn restart_prompt(&mut self, signal: Signal) -> anyhow::Result<()> {
        let prompt = &mut self.environment.prompts[0];
        prompt.program.end_by(signal).await?;
        prompt.program.start().await?;
        let port = prompt.port;
        self.environment.wait_until_used(self.gateway, port).await
    }

    /// Starts the third instance, names it in place of the first one, and then stops that.
    async fn move_prompt(&mut self) -> anyhow::Result<()> {
        let [_, second, third] = &mut self.environment.prompts;
        third.program.start().await?;
        let (stays, new) = (second.port, third.port);
        self.environment.write_addresses(&addresses(&[new, stays]))?;
        self.environment.gateways[self.gateway].program.signal(Signal::HUP);
        self.environment.wait_until_used(self.gateway, new).await?;
        self.environment.prompts[0].program.end_by(Signal::TERM).await
    }

    /// Has the gateway read its file again: with a mistake in it, and as it was.
    async fn reload_gateway(&mut self) -> anyhow::Result<()> {
        let [_, second, third] = &self.environment.prompts;
        let good = addresses(&[third.port, second.port]);
        for text in ["PROMPT_SERVICE_URL=nowhere\n", &good, &good] {
            self.environment.write_addresses(text)?;
            self.environment.gateways[self.gateway].program.signal(Signal::HUP);
            sleep(Duration::from_millis(300)).await;
        }
        Ok(())
    }

    async fn wait_until_all_are_used(&self) -> anyhow::Result<()> {
        let Environment { users, prompts, .. } = &*self.environment;
        let [first, second, third] = prompts.each_ref().map(|it| it.port);
        let prompts = if self.gateway == 0 { [first, second] } else { [third, second] };
        for port in users.iter().map(|it| it.port).chain(prompts) {
            self.environment.wait_until_used(self.gateway, port).await?;
        }
        Ok(())
    }
}

/// Returns the gateway's file of addresses, with the prompt service at these ports.
fn addresses(ports: &[u16]) -> String {
    let urls: Vec<_> = ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect();
    format!("PROMPT_SERVICE_URL={}\n", urls.join(","))
}
