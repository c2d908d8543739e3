namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>Sources of the programs whose debug information is read.</summary>
internal static class Sources
{
    /// <summary>Needs no library, so that it can be built for any machine. Inlines at several depths; has a hot and a cold part.</summary>
    public const string C = """
        typedef unsigned long word;
        struct point { int x, y; struct { int deep; } in; };
        enum colour { RED, GREEN = 1000000, BLUE };
        static volatile int sink;
        static inline __attribute__((always_inline)) int twice(int x) { sink += x; return x * 2; }
        static inline __attribute__((always_inline)) int four_times(int x) { int t = twice(x); return twice(t) + sink; }
        static inline __attribute__((always_inline)) int many(int x)
        {
            int sum = 0;
            for (int i = 0; i < x; i++) {
                if (i & 1) { sum += four_times(i); }
                else { int local = twice(sum); sum -= local ^ four_times(sum); }
            }
            return sum;
        }
        __attribute__((noinline, cold)) static int rarely(int x) { sink = x; return many(x) / 3; }
        __attribute__((noinline)) int dead(int x) { return many(x) + four_times(sink); }
        __attribute__((noinline)) word work(struct point *p, enum colour c)
        {
            if (__builtin_expect(c == BLUE, 0)) return rarely(p->x);
            word total = 0;
            switch (c) {
            case RED: total = many(p->x); break;
            case GREEN: total = four_times(p->y) + twice(p->in.deep); break;
            default: total = many(p->y) + many(p->in.deep); break;
            }
        #line 500 "generated/tables.def"
            total ^= four_times((int)total);
            return total + twice((int)total);
        }
        #line 30 "plain.c"
        int entry(int n)
        {
            struct point p = { n, n + 1, { n + 2 } };
            return (int)work(&p, RED) + (int)work(&p, GREEN) + (int)work(&p, BLUE);
        }
        #ifdef FREESTANDING
        void _start(void) { entry(3); for (;;) sink++; }
        #else
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        static int compare(const void *left, const void *right) { return *(const int *)left - *(const int *)right; }
        int main(int count, char **arguments)
        {
            int numbers[64];
            for (int i = 0; i < 64; i++) numbers[i] = entry(i) + count;
            qsort(numbers, 64, sizeof *numbers, compare);
            char text[32] = "";
            snprintf(text, sizeof text, "%d", numbers[3]);
            return (int)strlen(text) + atoi(arguments[0]);
        }
        #endif
        """;

    /// <summary>Templates, lambdas, classes local to functions, exceptions, and much of the standard library, inlined.</summary>
    public const string Cpp = """
        #include <algorithm>
        #include <functional>
        #include <iostream>
        #include <map>
        #include <memory>
        #include <numeric>
        #include <regex>
        #include <string>
        #include <unordered_map>
        #include <variant>
        #include <vector>
        namespace shapes {
        struct Base { virtual ~Base() = default; virtual double area(int) const = 0; };
        template <int N, typename T> struct Shape : Base {
            std::vector<T> corners;
            Shape() { for (int i = 0; i < N; i++) corners.push_back(static_cast<T>(i * N)); }
            double area(int scale) const override {
                return std::accumulate(corners.begin(), corners.end(), 0.0, [scale](double sum, T value) { return sum + scale * static_cast<double>(value); });
            }
        };
        template <int N> std::unique_ptr<Base> make(int which) {
            if (which == N) return std::make_unique<Shape<N, double>>();
            if constexpr (N > 0) return make<N - 1>(which); else return nullptr;
        }
        }
        static int local_class(int n) {
            struct Counter {
                std::map<std::string, int> seen;
                int operator()(const std::string &word) { return ++seen[word]; }
                static int nested(int x) { struct Inner { static int twice(int y) { return y * 2 + rand(); } }; return Inner::twice(x) + Inner::twice(x + 1); }
            } counter;
            int sum = 0;
            for (int i = 0; i < n; i++) sum += counter(std::to_string(i % 7)) + Counter::nested(i);
            return sum;
        }
        using Value = std::variant<int, std::string, std::vector<double>>;
        static std::string show(const Value &value) {
            return std::visit([](const auto &held) -> std::string {
                using Held = std::decay_t<decltype(held)>;
                if constexpr (std::is_same_v<Held, int>) return std::to_string(held);
                else if constexpr (std::is_same_v<Held, std::string>) return "'" + held + "'";
                else return std::to_string(held.size());
            }, value);
        }
        int main(int count, char **arguments) {
            std::unordered_map<int, std::function<double(int)>> table;
            for (int i = 0; i < 6; i++) if (auto shape = shapes::make<5>(i)) table[i] = [held = std::shared_ptr<shapes::Base>(std::move(shape))](int x) { return held->area(x); };
            std::vector<Value> values { 1, std::string("two"), std::vector<double>(3) };
            std::sort(values.begin(), values.end(), [](const Value &left, const Value &right) { return show(left) < show(right); });
            std::regex pattern("([a-z]+)=([0-9]+)");
            std::smatch match;
            std::string text(arguments[0]);
            try {
                if (std::regex_search(text, match, pattern)) std::cout << match[1] << std::stoi(match[2]) << "\n";
                for (auto &entry : table) std::cout << entry.second(count) << "\n";
                if (count > 3) throw std::runtime_error(show(values.at(5)));
            } catch (const std::exception &problem) { std::cerr << problem.what() << local_class(count); }
            return local_class(count + 20);
        }
        """;

    public const string Rust = """
        use std::collections::HashMap;
        trait Weigh { fn weigh(&self) -> usize; }
        impl Weigh for String { fn weigh(&self) -> usize { self.chars().filter(|c| c.is_alphabetic()).count() } }
        impl<T: Weigh> Weigh for Vec<T> { fn weigh(&self) -> usize { self.iter().map(Weigh::weigh).sum() } }
        fn main() {
            let mut seen: HashMap<String, Vec<String>> = HashMap::new();
            for (i, word) in std::env::args().enumerate() {
                seen.entry(word.to_lowercase()).or_default().push(format!("{word}-{i}"));
            }
            let mut all: Vec<_> = seen.values().map(|words| (words.weigh(), words.join(","))).collect();
            all.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
            let boxed: Vec<Box<dyn Fn(usize) -> usize>> = vec![Box::new(|x| x + 1), Box::new(move |x| x * all.len())];
            println!("{}", boxed.iter().fold(3, |sum, f| f(sum)));
        }
        """;

    /// <summary>Coroutines, constraints and ranges: code of C++20.</summary>
    public const string Coroutines = """
        #include <algorithm>
        #include <concepts>
        #include <coroutine>
        #include <cstdio>
        #include <ranges>
        #include <string>
        template <class T> struct Series {
            struct promise_type {
                T value;
                Series get_return_object() { return { std::coroutine_handle<promise_type>::from_promise(*this) }; }
                std::suspend_always initial_suspend() { return {}; }
                std::suspend_always final_suspend() noexcept { return {}; }
                std::suspend_always yield_value(T next) { value = next; return {}; }
                void return_void() {}
                void unhandled_exception() {}
            };
            std::coroutine_handle<promise_type> handle;
            bool next() { handle.resume(); return !handle.done(); }
            ~Series() { handle.destroy(); }
        };
        template <std::integral T> Series<T> squares(T count) { for (T i = 0; i < count; i++) co_yield i * i; }
        template <class F> requires std::invocable<F, int> int twice(F what, int x) { return what(x) + what(x + 1); }
        static Series<std::string> words(int count)
        {
            auto wanted = std::views::iota(0, count) | std::views::filter([](int x) { return x % 3 != 0; }) | std::views::transform([](int x) { return x * x; });
            for (int i : wanted) co_yield std::to_string(i);
        }
        int main(int count, char **)
        {
            long sum = 0;
            auto numbers = squares<long>(count + 5);
            while (numbers.next()) sum += numbers.handle.promise().value;
            auto texts = words(count + 20);
            while (texts.next()) sum += texts.handle.promise().value.size();
            printf("%ld %d\n", sum, twice([&](int x) { return x + (int)sum; }, count));
        }
        """;

    public const string D = """
        module a.b;
        import std.algorithm, std.array, std.conv, std.range, std.stdio;

        class Base { int v; this(int v) { this.v = v; } int go(int x) { return x + v; } }
        final class Derived : Base
        {
            this() { super(3); }
            override int go(int x) { int inner(int y) { return y * v + x; } return inner(x) + super.go(x); }
        }
        struct Twice(T) { T t; T get() { return t + t; } }
        int some(int[] xs) { return xs.map!(x => x * 2).filter!(x => x > 3).sum; }

        void main(string[] args)
        {
            writeln((new Derived).go(4), Twice!int(3).get(), Twice!double(2.0).get(), some([1, 2, 3, 4]));
            writeln(iota(10).map!(i => i.to!string).array.sort.release, args.map!(a => a.to!string).join(","));
        }
        """;
}
