namespace Small
{
    public class Outer
    {
        public class Inner
        {
            public int Twice(int x) { try { return Check(x) * 2; } catch (System.ArgumentException) { return Outer.Once(x); } }
            private static int Check(int x) { if (x < 0) throw new System.ArgumentException(); return x; }
        }
        public static int Once(int x) { return x + 1; }
        public T Same<T>(T x) { return x; }
        public int Use() { return Same(3); }
    }
    public abstract class Shape { public abstract int Area(); public virtual string Name { get { return "shape"; } } }
    public sealed class Square : Shape { private int _side; public override int Area() { return _side * _side; } }
}
