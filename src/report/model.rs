//! What the page shows, from the events of a trace.

use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// Times are milliseconds from the start.
#[derive(Debug, Default, Serialize)]
pub struct Model {
    pub processes: Vec<Process>,
    pub modules: Vec<Module>,
    pub functions: Vec<Function>,
    pub spans: Vec<Span>,
    #[serde(skip)]
    start: f64,
    #[serde(skip)]
    by_id: HashMap<String, usize>,
    #[serde(skip)]
    tracks: HashMap<(u64, u64), usize>,
    /// Rows of the time line.
    pub rows: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Process {
    pub pid: u64,
    pub executable: String,
}

#[derive(Debug, Serialize)]
pub struct Module {
    pub id: String,
    /// Source file; empty if it is not known.
    pub source: String,
    /// Nothing of it was ever called.
    pub is_closed: bool,
    #[serde(skip)]
    first: usize,
    #[serde(skip)]
    count: usize,
}

#[derive(Debug, Default, Serialize)]
pub struct Function {
    pub name: String,
    pub module: usize,
    /// LLVM instructions.
    pub size: u64,
    pub public: bool,
    /// Numbers of functions.
    pub calls: Vec<usize>,
    /// One for each process that has it.
    pub uses: Vec<Use>,
    /// Compiled before anybody called it: when, and how long that took.
    pub ahead: Option<[f64; 2]>,
    #[serde(skip)]
    pub symbol: String,
    #[serde(skip)]
    pub named_calls: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Use {
    pub pid: u64,
    pub at: f64,
    pub time: f64,
    pub compile: f64,
    pub link: f64,
    pub why: String,
    pub from: String,
    pub with: String,
    pub bytes: u64,
}

#[derive(Debug, Serialize)]
pub struct Span {
    pub row: usize,
    pub at: f64,
    pub time: f64,
    pub name: String,
    /// Compiled, disk cache, memory, ahead or module.
    pub kind: String,
    pub text: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

impl Model {
    pub fn of(events: &[Value]) -> Model {
        let times = events.iter().filter_map(|event| event["ts"].as_f64());
        let mut model = Model { start: times.fold(f64::INFINITY, f64::min), ..Model::default() };
        for event in events.iter().filter(|event| event["cat"] == "table") {
            model.add_table(&event["args"]);
        }
        for event in events {
            match event["cat"].as_str() {
                Some("session") if event["name"] == "session begins" => {
                    let pid = event["pid"].as_u64().unwrap_or(0);
                    let executable = text(&event["args"]["executable"]);
                    if model.processes.iter().all(|process| process.pid != pid) {
                        model.processes.push(Process { pid, executable });
                    }
                }
                Some("function") => model.add_use(event),
                Some("ahead") => model.add_ahead(event),
                Some("module") => model.add_span(event, "module", ""),
                _ => {}
            }
        }
        model
    }

    pub fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    pub fn has_module(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// Adds a module, if it is new.
    pub fn add_module(&mut self, id: &str, source: String, is_closed: bool, functions: Vec<Function>) {
        if self.has_module(id) {
            return;
        }
        let number = self.modules.len();
        let first = self.functions.len();
        let count = functions.len();
        self.by_id.insert(id.to_owned(), number);
        self.modules.push(Module { id: id.to_owned(), source, is_closed, first, count });
        for mut function in functions {
            function.module = number;
            // Counted in the module so far.
            function.calls.retain(|callee| *callee < count);
            function.calls.iter_mut().for_each(|callee| *callee += first);
            self.functions.push(function);
        }
    }

    fn add_table(&mut self, table: &Value) {
        let functions = table["functions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let functions = functions.iter().map(|function| {
            let symbol = text(&function["symbol"]);
            let calls = function["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
            Function {
                name: function["name"].as_str().map_or_else(|| symbol.clone(), str::to_owned),
                symbol,
                size: function["size"].as_u64().unwrap_or(0),
                public: function["public"] == true,
                calls: calls.iter().filter_map(|call| Some(call.as_u64()? as usize)).collect(),
                named_calls: calls.iter().filter_map(|call| Some(call.as_str()?.to_owned())).collect(),
                ..Function::default()
            }
        });
        let functions = functions.collect();
        self.add_module(&text(&table["module"]), text(&table["source"]), false, functions);
    }

    /// The function that an event is about.
    fn function(&mut self, arguments: &Value) -> Option<&mut Function> {
        let module = &self.modules[*self.by_id.get(arguments["module"].as_str()?)?];
        let index = arguments["function"].as_u64()? as usize;
        if index >= module.count {
            return None;
        }
        self.functions.get_mut(module.first + index)
    }

    fn row(&mut self, event: &Value) -> usize {
        let [pid, thread] = ["pid", "tid"].map(|key| event[key].as_u64().unwrap_or(0));
        let next = self.tracks.len();
        let is_ahead = event["cat"] == "ahead";
        let row = *self.tracks.entry((pid, thread)).or_insert(next);
        if row == self.rows.len() {
            let name = match self.processes.iter().find(|process| process.pid == pid) {
                _ if is_ahead => "ahead".to_owned(),
                Some(process) => {
                    let name = process.executable.rsplit('/').next().unwrap_or_default();
                    if thread == pid {
                        format!("{name} {pid}")
                    } else {
                        format!("{name} {pid}, thread {thread}")
                    }
                }
                None => format!("{pid}"),
            };
            self.rows.push(name);
        }
        row
    }

    fn add_span(&mut self, event: &Value, kind: &str, text: &str) {
        let row = self.row(event);
        self.spans.push(Span {
            row,
            at: (number(&event["ts"]) - self.start) / 1000.0,
            time: number(&event["dur"]) / 1000.0,
            name: self::text(&event["name"]),
            kind: kind.to_owned(),
            text: text.to_owned(),
        });
    }

    fn add_use(&mut self, event: &Value) {
        let arguments = &event["args"];
        let milliseconds = |value: &Value| number(value) / 1000.0;
        let one = Use {
            pid: event["pid"].as_u64().unwrap_or(0),
            at: (number(&event["ts"]) - self.start) / 1000.0,
            time: milliseconds(&event["dur"]),
            compile: milliseconds(&arguments["compile"]),
            link: milliseconds(&arguments["link"]),
            why: text(&arguments["why"]),
            from: text(&arguments["from"]),
            with: text(&arguments["with"]),
            bytes: arguments["bytes"].as_u64().unwrap_or(0),
        };
        if event["ph"] == "X" {
            let along = arguments["along"].as_u64().unwrap_or(0);
            let along = if along > 0 { format!(", {along} others along") } else { String::new() };
            self.add_span(event, &one.from, &format!("{}{along}", one.why));
        }
        if let Some(function) = self.function(arguments) {
            function.uses.push(one);
        }
    }

    fn add_ahead(&mut self, event: &Value) {
        let at = (number(&event["ts"]) - self.start) / 1000.0;
        let time = number(&event["dur"]) / 1000.0;
        self.add_span(event, "ahead", &format!("for {}", text(&event["args"]["with"])));
        if let Some(function) = self.function(&event["args"]) {
            function.ahead = Some([at, time]);
        }
    }

    /// Calls of other modules' functions, as far as those are known.
    pub fn resolve(&mut self) {
        let mut public = HashMap::new();
        for (number, function) in self.functions.iter().enumerate().filter(|(_, function)| function.public) {
            public.entry(function.symbol.clone()).or_insert(number);
        }
        for function in &mut self.functions {
            let named = std::mem::take(&mut function.named_calls);
            function.calls.extend(named.iter().filter_map(|name| public.get(name)));
            function.calls.sort_unstable();
            function.calls.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn calls_are_resolved_over_modules() {
        let table = |module: &str, functions: Value| json!({"cat": "table", "args": {"module": module, "functions": functions}});
        let events = [
            json!({"cat": "session", "name": "session begins", "pid": 5, "ts": 2000.0, "args": {"executable": "/x/y"}}),
            table("b", json!([{"symbol": "g", "public": true, "calls": []}])),
            table(
                "a",
                json!([{"symbol": "f", "public": true, "calls": [1, 7, "g", "printf"]}, {"symbol": "h", "calls": []}]),
            ),
            json!({"cat": "function", "ph": "X", "name": "f", "pid": 5, "tid": 5, "ts": 5000.0, "dur": 1000.0,
                "args": {"module": "a", "function": 0, "why": "called", "from": "compiled"}}),
            json!({"cat": "function", "ph": "i", "name": "?", "pid": 5, "ts": 1.0, "args": {"module": "a", "function": 9}}),
        ];
        let mut model = Model::of(&events);
        model.resolve();
        let calls: Vec<_> = model.functions.iter().map(|f| (f.symbol.as_str(), f.calls.clone())).collect();
        assert_eq!(calls, [("g", vec![]), ("f", vec![0, 2]), ("h", vec![])]);
        assert_eq!((model.functions[1].uses.len(), model.functions[0].uses.len()), (1, 0));
        assert_eq!(model.spans.len(), 1);
    }
}
