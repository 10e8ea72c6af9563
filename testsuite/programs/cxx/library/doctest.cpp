//@ static: any
//@ needs-file: /usr/include/doctest/doctest.h
//@ args: --no-colors --no-time-in-output --no-path-filenames
//@ exit: 1
//@ opt: O0 O2
// doctest: tests registered by initializers, subcases, failures, exceptions.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <stdexcept>
#include <vector>
static int factorial(int n) { return n < 0 ? throw std::domain_error("negative") : n < 2 ? 1 : n * factorial(n - 1); }
TEST_SUITE("numbers") {
  TEST_CASE("factorial") {
    CHECK(factorial(5) == 120);
    CHECK_THROWS_AS(factorial(-1), std::domain_error);
    CHECK_THROWS_WITH(factorial(-1), "negative");
    CHECK(factorial(3) == 7);
  }
  TEST_CASE_TEMPLATE("sizes", T, char, int, double) { CHECK(sizeof(T) <= 4); }
}
TEST_CASE("vectors") {
  std::vector<int> v(3);
  SUBCASE("grow") {
    v.resize(10);
    CHECK(v.size() == 10);
  }
  SUBCASE("shrink") {
    v.clear();
    REQUIRE(v.empty());
    SUBCASE("again") { CHECK_MESSAGE(v.size() == 1, "size is ", v.size()); }
  }
}
TEST_CASE("throws") { throw std::runtime_error("unexpected"); }
TEST_CASE("skipped" * doctest::skip()) { FAIL("not run"); }
TEST_CASE_FIXTURE(std::vector<int>, "fixture") {
  push_back(1);
  WARN(size() == 2);
  CHECK(size() == 1);
}
