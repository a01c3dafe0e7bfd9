//! `promptforge-dev produce`: sends one message to the broker of a running stack, such as one that becomes a
//! dead letter.

use std::{
    io::{Read, stdin},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use events::{Producer, RawMessage, producer::KafkaConfig};
use promptforge::local::{StateDir, state_dir};

/// Send a message to the broker of what `up` started; its value is read from standard input
#[derive(clap::Args)]
pub struct Args {
    /// The state directory of the stack
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
    #[arg(long)]
    topic: String,
    /// The key of the message; null without one
    #[arg(long)]
    key: Option<String>,
    /// A header of the message; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = header)]
    header: Vec<(String, String)>,
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("a name, =, and a value")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut value = Vec::new();
    stdin().read_to_end(&mut value).context("cannot read standard input")?;
    let record = StateDir::open(&args.state_dir)?.record().filter(|record| record.is_current());
    let record = record.context("nothing is running: promptforge-dev up starts it")?;
    let brokers = record.address("kafka").context("the stack's broker is not its own")?.to_owned();
    let headers: Vec<_> =
        args.header.iter().map(|(name, value)| (name.as_str(), Some(value.as_bytes()))).collect();
    let message = RawMessage {
        topic: &args.topic,
        key: args.key.as_deref().map(str::as_bytes),
        payload: Some(&value),
        headers: &headers,
    };
    Producer::new(&KafkaConfig { brokers })?.deliver_raw(&message).await?;
    Ok(ExitCode::SUCCESS)
}
