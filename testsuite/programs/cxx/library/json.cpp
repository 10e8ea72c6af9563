//@ static: any
//@ needs-file: /usr/include/nlohmann/json.hpp
//@ flags: -std=c++17
//@ opt: O0 O0+g O2
//@ time-limit: 180
// nlohmann-json: parsing, dumping, patches, pointers, conversions, binary formats, errors.
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>
using nlohmann::json;
using nlohmann::ordered_json;
struct Person {
  std::string name;
  int age;
  std::vector<std::string> tags;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Person, name, age, tags)
};
enum class Color { red, green };
NLOHMANN_JSON_SERIALIZE_ENUM(Color, {{Color::red, "red"}, {Color::green, "green"}})

static void parse() {
  json j = json::parse(R"( {"pi": 3.141, "happy": true, "name": "Niels\u00e9\n", "nothing": null,
    "answer": {"everything": 42}, "list": [1, 0, -2, 18446744073709551615], "object": {"currency": "USD", "value": 42.99}} )");
  std::cout << j.dump() << '\n' << j.dump(2) << '\n' << j.dump(-1, ' ', true) << '\n';
  std::cout << j["answer"]["everything"].get<int>() << j.at("list").size() << j.value("missing", 5) << '\n';
  for (auto &[key, value] : j.items())
    std::cout << key << ':' << value.type_name() << ' ';
  std::cout << j.flatten().dump() << '\n' << (j.flatten().unflatten() == j) << '\n';
  std::cout << json::parse("[1, /* two */ 2 // three\n, 3]", nullptr, true, true).dump() << '\n';
  for (const char *bad : {"{\"a\":}", "[1,2", "tru", "\"\x80\"", "{\"a\":1}x", "", "1e999"}) {
    try {
      std::cout << json::parse(bad) << '\n';
    } catch (const json::exception &e) {
      std::cout << e.id << ' ' << e.what() << '\n';
    }
    std::cout << json::accept(bad);
  }
  std::cout << '\n';
}
static void edit() {
  json doc = {{"a", 1}, {"b", {1, 2, 3}}, {"c", {{"d", nullptr}}}};
  json patch = R"([{"op":"replace","path":"/a","value":"one"}, {"op":"add","path":"/b/1","value":1.5},
    {"op":"remove","path":"/c/d"}, {"op":"copy","from":"/b","path":"/e"}, {"op":"move","from":"/b/0","path":"/f"},
    {"op":"test","path":"/a","value":"one"}])"_json;
  json patched = doc.patch(patch);
  std::cout << patched << '\n' << json::diff(doc, patched).dump() << '\n' << (doc.patch(json::diff(doc, patched)) == patched) << '\n';
  json target = {{"title", "x"}, {"author", {{"name", "A"}, {"age", 3}}}};
  target.merge_patch(R"({"title":"y","author":{"age":null},"new":[1]})"_json);
  std::cout << target << target["/author/name"_json_pointer] << '\n';
  try {
    doc.patch(R"([{"op":"test","path":"/a","value":2}])"_json);
  } catch (const json::other_error &e) {
    std::cout << e.what() << '\n';
  }
  doc["b"].push_back({{"deep", json::array({1, "2", 3.5})}});
  doc["b"].erase(0);
  doc.update({{"z", false}});
  std::cout << doc << doc.contains("z") << doc.count("q") << doc["/b/2/deep/1"_json_pointer] << '\n';
  try {
    doc.at("nowhere");
  } catch (const json::out_of_range &e) {
    std::cout << e.what() << '\n';
  }
  try {
    doc["a"].get<std::string>();
  } catch (const json::type_error &e) {
    std::cout << e.what() << '\n';
  }
}
static void convert() {
  Person person{"Ada", 36, {"math", "engines"}};
  json j = person;
  auto back = j.get<Person>();
  std::cout << j << back.name << back.tags.size() << json(Color::green) << (json("red").get<Color>() == Color::red) << '\n';
  std::map<std::string, std::vector<double>> map{{"x", {1, 2.5}}, {"y", {}}};
  json from_map = map;
  std::cout << from_map << (from_map.get<decltype(map)>() == map) << '\n';
  auto [a, b] = json::array({1, "two"}).get<std::pair<int, std::string>>();
  std::cout << a << b << '\n';
  ordered_json ordered = {{"z", 1}, {"a", 2}};
  ordered["m"] = 3;
  std::cout << ordered << '\n';
}
template <class Write, class Read> static void binary(const char *name, const json &j, Write write, Read read) {
  std::vector<std::uint8_t> bytes = write(j);
  std::size_t sum = 0;
  for (auto byte : bytes)
    sum = sum * 31 + byte;
  std::cout << name << ' ' << bytes.size() << ' ' << sum << ' ' << (read(bytes) == j) << '\n';
  bytes.resize(bytes.size() / 2);
  try {
    read(bytes);
  } catch (const json::parse_error &e) {
    std::cout << e.id << '\n';
  }
}
struct Events : nlohmann::json_sax<json> {
  int depth = 0, events = 0;
  bool null() override { return ++events; }
  bool boolean(bool) override { return ++events; }
  bool number_integer(number_integer_t) override { return ++events; }
  bool number_unsigned(number_unsigned_t) override { return ++events; }
  bool number_float(number_float_t, const string_t &) override { return ++events; }
  bool string(string_t &) override { return ++events; }
  bool binary(binary_t &) override { return ++events; }
  bool start_object(std::size_t) override { return ++depth; }
  bool key(string_t &) override { return ++events; }
  bool end_object() override { return depth--; }
  bool start_array(std::size_t) override { return ++depth; }
  bool end_array() override { return depth--; }
  bool parse_error(std::size_t at, const std::string &, const nlohmann::detail::exception &) override {
    std::cout << "error at " << at << '\n';
    return false;
  }
};
int main() {
  parse();
  edit();
  convert();
  json j = {{"n", {1, -1, 300, 70000, -5000000000, 1.5}}, {"s", std::string(300, 'q')}, {"b", true}, {"z", nullptr}};
  binary("cbor", j, [](const json &x) { return json::to_cbor(x); }, [](auto &b) { return json::from_cbor(b); });
  binary("msgpack", j, [](const json &x) { return json::to_msgpack(x); }, [](auto &b) { return json::from_msgpack(b); });
  binary("ubjson", j, [](const json &x) { return json::to_ubjson(x); }, [](auto &b) { return json::from_ubjson(b); });
  binary("bson", j, [](const json &x) { return json::to_bson(x); }, [](auto &b) { return json::from_bson(b); });
  Events events;
  std::cout << json::sax_parse(j.dump(), &events) << events.events << ' ' << json::sax_parse("[1,{]", &events) << '\n';
  json filtered = json::parse(j.dump(), [](int, json::parse_event_t event, json &value) {
    return !(event == json::parse_event_t::value && value.is_boolean());
  });
  std::cout << filtered.size() << std::hash<json>{}(json("x")) - std::hash<json>{}(json("x")) << '\n';
  std::stringstream stream("{\"a\": [1,2]} ");
  stream >> j;
  std::cout << std::setw(4) << j << (j < json::array()) << '\n';
  json deep;
  json *inner = &deep;
  for (int i = 0; i < 200; ++i)
    inner = &(*inner)["x" + std::to_string(i)];
  std::cout << deep.dump().size() << '\n';
}
