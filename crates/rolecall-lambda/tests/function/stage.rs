//! A Lambda service for one function: the runtime API hands out events and takes the answers, and the same server takes
//! what CloudFormation is told.

use std::collections::VecDeque;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What the URL for CloudFormation's answer holds that nobody may see.
pub(super) const SIGNATURE: &str = "X-Amz-Signature=5eed5eed5eed";

pub(super) struct Function {
    runtime: Runtime,
    server: MockServer,
    /// How long each event may take.
    timeout: Duration,
    environment: Vec<(&'static str, String)>,
}

/// What the function did with its events.
#[derive(Debug)]
pub(super) struct Served {
    /// What the runtime API was told, in order: the function's answer, or its error.
    pub(super) outcomes: Vec<Result<Value, Value>>,
    /// What CloudFormation was told, in order, repeated attempts included.
    pub(super) answers: Vec<Value>,
    /// What the function logged.
    pub(super) log: String,
    /// What it wrote to standard output.
    pub(super) output: String,
}

/// An event, made of what CloudFormation was told so far.
pub(super) type Event = Box<dyn FnOnce(&[Value]) -> Value + Send>;

/// Hands out the events, then nothing more.
struct Queue {
    events: Mutex<VecDeque<Event>>,
    answers: Arc<Mutex<Vec<Value>>>,
    timeout: Duration,
    /// When Lambda would stop the function that has the last event.
    deadline: Arc<Mutex<SystemTime>>,
}

impl Respond for Queue {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let Some(event) = self.events.lock().unwrap().pop_front() else {
            return ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
        };
        let event = event(&self.answers.lock().unwrap());
        let deadline = SystemTime::now() + self.timeout;
        *self.deadline.lock().unwrap() = deadline;
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        ResponseTemplate::new(200)
            .insert_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
            .insert_header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
            .insert_header(
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:us-east-1:123456789012:function:rolecall",
            )
            .set_body_json(event)
    }
}

/// Takes CloudFormation's answers, after it has failed so often.
struct Bucket {
    failures: Mutex<Vec<ResponseTemplate>>,
    answers: Arc<Mutex<Vec<Value>>>,
}

impl Respond for Bucket {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return failure;
        }
        self.answers.lock().unwrap().push(serde_json::from_slice(&request.body).unwrap());
        ResponseTemplate::new(200)
    }
}

/// Takes what the function says of its events; nobody listens after the deadline.
struct Told {
    deadline: Arc<Mutex<SystemTime>>,
    too_late: Arc<AtomicUsize>,
}

impl Respond for Told {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        if SystemTime::now() > *self.deadline.lock().unwrap() {
            self.too_late.fetch_add(1, Ordering::Relaxed);
        }
        ResponseTemplate::new(202)
    }
}

/// Everything that comes out of there until it ends.
fn reading(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

impl Function {
    pub(super) fn new(environment: Vec<(&'static str, String)>) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(MockServer::start());
        Self { runtime, server, timeout: Duration::from_secs(60), environment }
    }

    pub(super) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// A request of CloudFormation for a `Custom::GenesysTrustProof`.
    pub(super) fn request(&self, change: &str, properties: &Value) -> Value {
        let mut request = json!({
            "RequestType": change,
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:rolecall",
            "ResponseURL": self.response_url(),
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/contact-centre/1",
            "RequestId": "3b1f0c4e-0001",
            "ResourceType": "Custom::GenesysTrustProof",
            "LogicalResourceId": "Proof",
            "ResourceProperties": properties,
        });
        if change != "Create" {
            request["PhysicalResourceId"] = json!("trust-proof/GenesysDataActionRole");
            request["OldResourceProperties"] = json!({});
        }
        request
    }

    /// Where CloudFormation waits for its answers.
    pub(super) fn response_url(&self) -> String {
        format!("{}/answer?{SIGNATURE}", self.server.uri())
    }

    /// Starts the function, gives it the events one after the other, and stops it. The bucket fails at first.
    pub(super) fn serve_after(self, failures: Vec<ResponseTemplate>, events: Vec<Value>) -> Served {
        let constant = |event: Value| -> Event { Box::new(move |_: &[Value]| event) };
        self.serve_life(failures, events.into_iter().map(constant).collect())
    }

    /// The same, with events that follow from the answers before them.
    pub(super) fn serve_life(self, failures: Vec<ResponseTemplate>, events: Vec<Event>) -> Served {
        let expected = events.len();
        let Self { runtime, server, timeout, environment } = self;
        let answers = Arc::default();
        let deadline = Arc::new(Mutex::new(SystemTime::UNIX_EPOCH));
        let too_late: Arc<AtomicUsize> = Arc::default();
        let queue = Queue {
            events: Mutex::new(events.into()),
            answers: Arc::clone(&answers),
            timeout,
            deadline: Arc::clone(&deadline),
        };
        runtime.block_on(async {
            let next = Mock::given(method("GET")).and(path("/2018-06-01/runtime/invocation/next"));
            next.respond_with(queue).mount(&server).await;
            let told = path_regex("^/2018-06-01/runtime/invocation/.*/(response|error)$");
            let taken = Told { deadline, too_late: Arc::clone(&too_late) };
            Mock::given(method("POST")).and(told).respond_with(taken).mount(&server).await;
            let bucket = Bucket { failures: Mutex::new(failures), answers };
            Mock::given(method("PUT")).and(path("/answer")).respond_with(bucket).mount(&server).await;
        });
        let mut child = Command::new(env!("CARGO_BIN_EXE_rolecall-lambda"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", server.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "rolecall")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "group")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("ROLECALL_RESPONSE_HOSTS", server.address().to_string())
            .envs(environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (log, output) = (reading(child.stderr.take().unwrap()), reading(child.stdout.take().unwrap()));
        let started = Instant::now();
        let requests = loop {
            let requests = runtime.block_on(server.received_requests()).unwrap();
            let told = requests.iter().filter(|request| request.method.as_str() == "POST").count();
            if told >= expected || started.elapsed() > Duration::from_secs(120) {
                break requests;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        child.kill().unwrap();
        child.wait().unwrap();
        let body = |request: &Request| serde_json::from_slice::<Value>(&request.body).unwrap();
        let told = requests.iter().filter(|request| request.method.as_str() == "POST");
        let outcomes = told.map(|request| match request.url.path().ends_with("/response") {
            true => Ok(body(request)),
            false => Err(body(request)),
        });
        let answered = requests.iter().filter(|request| request.method.as_str() == "PUT");
        let answers = answered.map(|request| {
            assert!(request.body.len() <= 4096, "{} bytes", request.body.len());
            assert!(!request.headers.contains_key("content-type"), "the URL is signed for no content type");
            body(request)
        });
        let served = Served {
            outcomes: outcomes.collect(),
            answers: answers.collect(),
            log: log.join().unwrap(),
            output: output.join().unwrap(),
        };
        assert_eq!(served.outcomes.len(), expected, "{served:#?}");
        assert_eq!(
            too_late.load(Ordering::Relaxed),
            0,
            "Lambda would have stopped the function: {served:#?}"
        );
        // Whatever happened, the URL is nowhere but in the request itself.
        assert!(!format!("{served:?}").contains("X-Amz-Signature"), "{served:?}");
        for line in served.log.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            assert!(line["span"]["request_id"].is_string() || line["level"] == "ERROR", "{line}");
        }
        served
    }

    pub(super) fn serve(self, events: Vec<Value>) -> Served {
        self.serve_after(Vec::new(), events)
    }
}

/// The report, but for when it was made.
pub(crate) fn without_time(report: &Value) -> Value {
    let mut report = report.clone();
    report.as_object_mut().unwrap().remove("time").unwrap();
    for call in report.get_mut("calls").and_then(Value::as_array_mut).into_iter().flatten() {
        let call = call.as_object_mut().unwrap();
        for measured in ["total_ms", "slowest_ms"] {
            call.remove(measured).unwrap();
        }
    }
    report
}
