namespace Emleak.Symbols.Demangling.Itanium;

internal sealed partial class Printer
{
    private void PrintTypeLeft(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.QualifiedType:
                PrintLeft(node.A);
                PrintQualifiers(node.Flags);
                break;
            case NodeKind.PointerType:
                PrintPointerLeft(node.A);
                break;
            case NodeKind.ReferenceType:
                PrintReference(ref node, isLeft: true);
                break;
            case NodeKind.MemberPointerType:
                PrintLeft(node.B);
                output.Append(IsParenthesized(node.B) ? '(' : ' ');
                Print(node.A);
                output.Append("::*"u8);
                break;
            case NodeKind.ArrayType:
                PrintLeft(node.A);
                break;
            case NodeKind.FunctionType:
                PrintLeft(node.A);
                output.Append(' ');
                break;
            case NodeKind.NoexceptSpecification:
                output.Append("noexcept"u8);
                Open('(');
                Print(node.A);
                Close(')');
                break;
            case NodeKind.ThrowSpecification:
                output.Append("throw"u8);
                PrintParenthesizedList(node.A);
                break;
            default:
                PrintOneSidedType(ref node);
                break;
        }
    }

    private void PrintOneSidedType(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.VectorType:
                Print(node.A);
                output.Append(" vector["u8);
                if (node.B != 0) Print(node.B);
                output.Append(']');
                break;
            case NodeKind.PixelVectorType:
                output.Append("pixel vector["u8);
                Print(node.A);
                output.Append(']');
                break;
            case NodeKind.BinaryFloatType:
                output.Append("_Float"u8);
                Print(node.A);
                break;
            case NodeKind.BitIntType:
                output.Append((node.Flags & NodeFlags.Unsigned) != NodeFlags.None ? "unsigned _BitInt"u8 : "_BitInt"u8);
                Open('(');
                Print(node.A);
                Close(')');
                break;
            case NodeKind.ElaboratedType:
                output.Append(Words.Text(node.A));
                output.Append(' ');
                Print(node.B);
                break;
            case NodeKind.TransformedType:
                AppendText(node.A);
                output.Append('(');
                Print(node.B);
                output.Append(')');
                break;
            case NodeKind.VendorQualifiedType:
                Print(node.A);
                output.Append(' ');
                AppendText(node.B);
                if (node.C != 0) Print(node.C);
                break;
            case NodeKind.ProtocolType:
                Print(node.A);
                PrintProtocol(node.B);
                break;
            case NodeKind.PostfixType:
                PrintLeft(node.A);
                output.Append(Words.Text(node.B));
                break;
        }
    }

    private void PrintTypeRight(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.QualifiedType:
                PrintRight(node.A);
                break;
            case NodeKind.PointerType when !IsObjectiveCId(node.A):
                PrintDeclaratorRight(node.A);
                break;
            case NodeKind.ReferenceType:
                PrintReference(ref node, isLeft: false);
                break;
            case NodeKind.MemberPointerType:
                PrintDeclaratorRight(node.B);
                break;
            case NodeKind.ArrayType:
                if (output.Last != ']') output.Append(' ');
                output.Append('[');
                if (node.B != 0) Print(node.B);
                output.Append(']');
                PrintRight(node.A);
                break;
            case NodeKind.FunctionType:
                PrintParenthesizedList(node.B);
                PrintRight(node.A);
                PrintMethodQualifiers(node.Flags);
                if (node.C == 0) break;
                output.Append(' ');
                Print(node.C);
                break;
        }
    }

    // Pointers to arrays and functions: "int (*) [3]", "int (*)(char)".
    private bool IsParenthesized(int target) => Has(target, Shape.Array) || Has(target, Shape.Function);

    private void PrintDeclaratorLeft(int target)
    {
        PrintLeft(target);
        if (Has(target, Shape.Array)) output.Append(' ');
        if (IsParenthesized(target)) output.Append('(');
    }

    private void PrintDeclaratorRight(int target)
    {
        if (IsParenthesized(target)) output.Append(')');
        PrintRight(target);
    }

    private void PrintPointerLeft(int target)
    {
        if (IsObjectiveCId(target))
        {
            output.Append("id"u8);
            PrintProtocol(_nodes[target].B);
            return;
        }

        PrintDeclaratorLeft(target);
        output.Append('*');
    }

    // Objective-C writes "objc_object<Protocol> *" as "id<Protocol>".
    private bool IsObjectiveCId(int target)
    {
        ref Node node = ref _nodes[target];
        if (node.Kind != NodeKind.ProtocolType) return false;
        ref Node type = ref _nodes[node.A];
        return type.Kind == NodeKind.SourceName && TextOf(type.A).SequenceEqual("objc_object"u8);
    }

    private void PrintProtocol(int text)
    {
        output.Append('<');
        AppendText(text);
        output.Append('>');
    }

    // A reference in a malformed name may refer to itself.
    private void PrintReference(ref Node node, bool isLeft)
    {
        if ((node.Flags & NodeFlags.Printing) != NodeFlags.None) return;
        node.Flags |= NodeFlags.Printing;
        bool isRValue = CollapseReferences(ref node, out int target);
        if (target != 0 && isLeft)
        {
            PrintDeclaratorLeft(target);
            output.Append(isRValue ? "&&"u8 : "&"u8);
        }
        else if (target != 0)
        {
            PrintDeclaratorRight(target);
        }

        node.Flags &= ~NodeFlags.Printing;
    }

    // "T& &&" is "T&": only rvalue references alone make an rvalue reference.
    private bool CollapseReferences(ref Node node, out int target)
    {
        const int MaxReferences = 1000;
        bool isRValue = (node.Flags & NodeFlags.RValue) != NodeFlags.None;
        target = node.A;
        for (int i = 0; i < MaxReferences; i++)
        {
            ref Node inner = ref _nodes[Resolve(target)];
            if (inner.Kind != NodeKind.ReferenceType) return isRValue;
            target = inner.A;
            isRValue &= (inner.Flags & NodeFlags.RValue) != NodeFlags.None;
        }

        target = 0;
        return isRValue;
    }

    /// <summary>The node that packs and forward references stand for at the moment.</summary>
    private int Resolve(int number)
    {
        const int MaxIndirections = 1000;
        for (int i = 0; i < MaxIndirections; i++)
        {
            ref Node node = ref _nodes[number];
            int next = node.Kind switch
            {
                NodeKind.ParameterPack => PackElement(ref node),
                NodeKind.ForwardReference when (node.Flags & NodeFlags.Printing) == NodeFlags.None => node.B,
                _ => 0,
            };
            if (next == 0) break;
            number = next;
        }

        return number;
    }
}
