use tokio::process::Command;

use crate::fleet::{PROCESSES, PROGRAM};

#[tokio::test]
async fn missing_and_wrong_settings_are_all_named_in_one_message_and_exit_code_2() {
    for process in PROCESSES {
        let output = Command::new(PROGRAM)
            .args(["serve", process])
            .env_clear()
            .env("PORT", "many")
            .env("INTERNAL_TOKEN", "short")
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{process}");
        let message = String::from_utf8(output.stderr).unwrap();
        let mut expected = vec!["PORT", "INTERNAL_TOKEN"];
        expected.extend(match process {
            "user" => ["DATABASE_URL", "KAFKA_BROKERS", "JWT_SIGNING_KEY"].as_slice(),
            "prompt" => {
                &["DATABASE_URL", "MONGODB_URI", "KAFKA_BROKERS", "USER_SERVICE_URL", "SEARCH_DIR"]
            }
            "test" | "marketplace" => &["DATABASE_URL", "PROMPT_SERVICE_URL"],
            "analytics" => {
                &["DATABASE_URL", "KAFKA_BROKERS", "PROMPT_SERVICE_URL", "USER_SERVICE_URL"]
            }
            _ => &["USER_SERVICE_URL", "PROMPT_SERVICE_URL", "ANALYTICS_SERVICE_URL"],
        });
        for setting in expected {
            assert!(message.contains(setting), "{process}: {setting} in {message}");
        }
        assert!(!message.contains("short"), "a value may be a secret: {message}");
    }
}
