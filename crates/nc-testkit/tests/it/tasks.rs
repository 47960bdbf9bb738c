//! Tasks, through every layer.

use nc_testkit::app::{Reply, TestApp};
use serde_json::{Value, json};

use crate::calendar::{get, put};

const FOREIGN: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Foreign//Program//EN\r\nBEGIN:VTODO\r\nX-FIRST:1\r\nUID:todo@example.org\r\n\
DTSTAMP:20260101T000000Z\r\nSUMMARY;X-P=1:Buy milk\r\nDESCRIPTION:A text\r\nDUE;VALUE=DATE:20270503\r\nSTATUS:NEEDS-ACTION\r\n\
PRIORITY:5\r\nCATEGORIES:Home\r\nRELATED-TO:parent@example.org\r\nX-APPLE-SORT-ORDER:7\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\n\
TRIGGER;VALUE=DATE-TIME:20270503T060000Z\r\nX-A:1\r\nEND:VALARM\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Foreign//Program//EN\r\nBEGIN:VTODO\r\nUID:water@example.org\r\n\
DTSTAMP:20200101T000000Z\r\nSUMMARY:Water\r\nDTSTART;VALUE=DATE:20200101\r\nDUE;VALUE=DATE:20200102\r\nRRULE:FREQ=DAILY;COUNT=3\r\n\
END:VTODO\r\nEND:VCALENDAR\r\n";

async fn update(app: &TestApp, fields: Value) -> Reply {
    let mut arguments = json!({ "calendar_name": "personal", "todo_uid": "todo@example.org" });
    for (name, value) in fields.as_object().expect("fields") {
        arguments[name] = value.clone();
    }
    app.call("nc_calendar_update_todo", &arguments).await
}

async fn listed(app: &TestApp, filter: Value) -> Vec<Value> {
    let mut arguments = json!({ "calendar_name": "personal" });
    for (name, value) in filter.as_object().expect("a filter") {
        arguments[name] = value.clone();
    }
    let list = app.call("nc_calendar_list_todos", &arguments).await.structured();
    assert_eq!(list["errors"], json!([]), "{list}");
    list["todos"].as_array().expect("todos").clone()
}

#[tokio::test]
async fn a_task_lives_from_creation_to_deletion() {
    let app = TestApp::boot().await;
    let new = json!({ "calendar_name": "personal", "summary": "Buy milk", "due": "2027-05-03", "categories": "Home", "priority": 2 });
    let made = app.call("nc_calendar_create_todo", &new).await.structured();
    assert_eq!(
        (&made["status_code"], &made["due"]),
        (&json!(201), &json!("2027-05-03"))
    );
    let todos = listed(&app, json!({ "status": "open", "min_priority": 3 })).await;
    assert_eq!(
        (todos.len(), &todos[0]["uid"], &todos[0]["status"]),
        (1, &made["uid"], &json!("NEEDS-ACTION"))
    );
    assert!(listed(&app, json!({ "min_priority": 1 })).await.is_empty());
    let one = json!({ "calendar_name": "personal", "todo_uid": made["uid"] });
    let done = app.call("nc_calendar_complete_todo", &one).await.structured();
    assert_eq!(
        (&done["status"], &done["percent_complete"]),
        (&json!("COMPLETED"), &json!(100))
    );
    let again = app.call("nc_calendar_complete_todo", &one).await.structured();
    assert_eq!(
        (&again["completed"], &again["etag"]),
        (&done["completed"], &done["etag"]),
        "nothing was written"
    );
    assert!(listed(&app, json!({ "status": "OPEN" })).await.is_empty());
    let found = app
        .call("nc_calendar_search_todos", &json!({ "summary_contains": "MILK" }))
        .await
        .structured();
    assert_eq!(
        (&found["total_count"], &found["todos"][0]["calendar_name"]),
        (&json!(1), &json!("personal"))
    );
    app.call("nc_calendar_delete_todo", &one).await.structured();
    let text = app.call("nc_calendar_delete_todo", &one).await.error_text();
    assert!(text.starts_with("not_found: "), "{text}");
}

#[tokio::test]
async fn each_single_field_of_a_task_can_be_changed_alone() {
    let app = TestApp::boot().await;
    let cases = [
        (json!({ "summary": "Other" }), vec!["SUMMARY"]),
        (json!({ "description": "" }), vec!["DESCRIPTION"]),
        (json!({ "status": "IN-PROCESS" }), vec!["STATUS"]),
        (
            json!({ "status": "COMPLETED" }),
            vec!["STATUS", "COMPLETED", "PERCENT-COMPLETE"],
        ),
        (json!({ "priority": 1 }), vec!["PRIORITY"]),
        (json!({ "percent_complete": 40 }), vec!["PERCENT-COMPLETE"]),
        (json!({ "due": "2027-05-04" }), vec!["DUE"]),
        (json!({ "dtstart": "2027-05-01" }), vec!["DTSTART"]),
        (
            json!({ "completed": "2027-05-03T10:00:00+02:00" }),
            vec!["STATUS", "COMPLETED", "PERCENT-COMPLETE"],
        ),
        (json!({ "categories": "Work,Home" }), vec!["CATEGORIES"]),
    ];
    for (fields, may_change) in cases {
        put(&app, "t.ics", FOREIGN).await;
        update(&app, fields.clone()).await.structured();
        let after = get(&app, "t.ics").await;
        let rest = |text: &str| -> Vec<String> {
            let stamps = ["DTSTAMP", "LAST-MODIFIED", "SEQUENCE"];
            let names = may_change.iter().chain(&stamps);
            let names: Vec<&str> = names.copied().collect();
            let lines = text
                .split("\r\n")
                .filter(|line| !names.iter().any(|name| line.starts_with(name)));
            lines.map(str::to_owned).collect()
        };
        assert_ne!(after, FOREIGN, "{fields}");
        assert_eq!(rest(&after), rest(FOREIGN), "{fields}");
    }
    put(&app, "t.ics", FOREIGN).await;
    for wrong in [
        json!({ "due": "2027-05-03T10:00:00Z", "dtstart": "2027-05-03" }),
        json!({ "dtstart": "2027-05-04" }),
        json!({ "due": "2027-05-03T10:00:00" }),
    ] {
        let text = update(&app, wrong.clone()).await.error_text();
        assert!(text.starts_with("invalid_argument: "), "{wrong}: {text}");
    }
    assert_eq!(get(&app, "t.ics").await, FOREIGN);
}

#[tokio::test]
async fn completing_a_series_completes_one_time_of_it() {
    let app = TestApp::boot().await;
    put(&app, "w.ics", SERIES).await;
    let todos = listed(&app, json!({})).await;
    assert_eq!(
        (&todos[0]["pending_count"], &todos[0]["current_due"]),
        (&json!(3), &json!("2020-01-02"))
    );
    let one = json!({ "calendar_name": "personal", "todo_uid": "water@example.org" });
    let first = app.call("nc_calendar_complete_todo", &one).await.structured();
    assert_eq!(first["recurrence_id"], "2020-01-01");
    let todos = listed(&app, json!({})).await;
    assert_eq!(
        (&todos[0]["pending_count"], &todos[0]["current_dtstart"]),
        (&json!(2), &json!("2020-01-02"))
    );
    assert_eq!(todos[0]["status"], "NEEDS-ACTION");
    for _ in 0..2 {
        app.call("nc_calendar_complete_todo", &one).await.structured();
    }
    let text = app.call("nc_calendar_complete_todo", &one).await.error_text();
    assert!(text.starts_with("already_completed: "), "{text}");
    let text = app.call("nc_calendar_delete_todo", &one).await.error_text();
    assert!(text.starts_with("recurrence_scope_required: "), "{text}");
}

#[tokio::test]
async fn a_calendar_for_events_takes_no_task_and_names_one_that_does() {
    let app = TestApp::boot().await;
    let events = json!({ "action": "create", "calendar_name": "events", "components": "events" });
    app.call("nc_calendar_manage_calendar", &events).await.structured();
    let new = json!({ "calendar_name": "events", "summary": "Buy milk" });
    let text = app.call("nc_calendar_create_todo", &new).await.error_text();
    assert!(text.contains("takes no tasks") && text.contains("personal"), "{text}");
}
