//! The table of addresses that `up` prints.

use promptforge::{
    fleet::Process,
    local::{
        StateDir,
        record::{Record, Runs},
    },
};

/// Returns the table: each part with its address and its process.
pub fn render(record: &Record, dir: &StateDir) -> String {
    let gateway = record.address(Process::Gateway.name()).unwrap_or_default();
    // The gateway, which people use, is started last and comes first.
    let parts = record.parts.iter().rev().map(|part| {
        let runs = match part.runs {
            Runs::Starting => "starting".to_owned(),
            Runs::As(process) if part.name == "kafka" => {
                format!("pid {}, Apache Kafka", process.pid)
            }
            Runs::As(process) => format!("pid {}", process.pid),
            Runs::InLauncher => format!("within pid {}, in memory", record.launcher.pid),
            Runs::Given => "given by settings".to_owned(),
        };
        [part.name.clone(), part.address.clone(), runs]
    });
    let mut rows: Vec<[String; 3]> = parts.collect();
    let swagger = ["Swagger UI".to_owned(), format!("{gateway}/swagger-ui/"), String::new()];
    rows.insert(rows.len().min(1), swagger);
    rows.push(["logs".to_owned(), dir.path().join("logs").display().to_string(), String::new()]);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let (name, address) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
    let lines = rows.iter().map(|row| {
        let line = format!("  {:<name$}  {:<address$}  {}", row[0], row[1], row[2]);
        line.trim_end().to_owned() + "\n"
    });
    let table = format!("\nPromptForge is running.\n\n{}", lines.collect::<String>());
    if record.has_web_client {
        table + &format!("\nOpen {gateway}/ in a browser.\n")
    } else {
        table + "\nThere is no web client: gateway/web was not built.\n"
    }
}

#[cfg(test)]
mod tests {
    use promptforge::local::process::ProcessId;
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn the_address_of_the_web_client_is_said_last_where_it_is_served() {
        let scratch = tempdir().unwrap();
        let dir = StateDir::open(scratch.path()).unwrap();
        let mut record = Record::new(ProcessId::of(std::process::id()).unwrap());
        record.add("gateway", "http://localhost:9000".to_owned(), Runs::Starting);
        assert!(
            render(&record, &dir).ends_with("There is no web client: gateway/web was not built.\n")
        );
        record.has_web_client = true;
        assert!(render(&record, &dir).ends_with("Open http://localhost:9000/ in a browser.\n"));
    }

    #[test]
    fn columns_line_up_and_the_gateway_comes_before_the_stores() {
        let scratch = tempdir().unwrap();
        let dir = StateDir::open(scratch.path()).unwrap();
        let own = ProcessId::of(std::process::id()).unwrap();
        let mut record = Record::new(own);
        for (name, address, runs) in [
            ("postgres", "db.example.com:5432", Runs::Given),
            ("kafka", "127.0.0.1:9092", Runs::InLauncher),
            ("gateway", "http://localhost:9000", Runs::As(own)),
        ] {
            record.add(name, address.to_owned(), runs);
        }
        let table = render(&record, &dir);
        let column = |needle: &str| {
            table.lines().find_map(|line| line.find(needle)).unwrap_or_else(|| panic!("{table}"))
        };
        assert_eq!(column("http://localhost:9000/swagger-ui/"), column("127.0.0.1:9092"));
        assert_eq!(column("given by settings"), column("within pid"));
        let at = |needle: &str| table.find(needle).unwrap();
        assert!(at("gateway") < at("kafka") && at("kafka") < at("postgres"));
    }
}
