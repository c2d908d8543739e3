namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>
/// What a node stands for, and in brackets what its fields A, B, C... hold. "text" is a range of the mangled name, "word" an
/// entry of <see cref="Words"/>, "operator" an entry of <see cref="Operators"/>, "list" a list of nodes; the rest are nodes.
/// The order matters: <see cref="Printer"/> tells types, names, template parts and expressions apart by comparing.
/// </summary>
internal enum NodeKind : byte
{
    None,

    // Types.
    QualifiedType,          // (type), flags: Qualifiers
    PointerType,            // (type)
    ReferenceType,          // (type), flags: NodeFlags.RValue
    MemberPointerType,      // (class, member type)
    ArrayType,              // (element type, bound or 0)
    FunctionType,           // (return type, parameter list, exception specification or 0), flags: Qualifiers
    VectorType,             // (element type, size or 0)
    PixelVectorType,        // (size)
    BinaryFloatType,        // (size)
    BitIntType,             // (size), flags: NodeFlags.Unsigned
    ElaboratedType,         // (word, name)
    TransformedType,        // (text, type)
    VendorQualifiedType,    // (type, text, template arguments or 0)
    ProtocolType,           // (type, text): Objective-C
    PostfixType,            // (type, word)
    NoexceptSpecification,  // (expression)
    ThrowSpecification,     // (type list)
    LastType = ThrowSpecification,

    // Names and encodings.
    Word,                   // (word)
    SourceName,             // (text)
    OperatorName,           // (operator)
    NestedName,             // (scope, name)
    FriendName,             // (scope, name)
    LocalName,              // (encoding, entity)
    GlobalName,             // (name)
    TemplateName,           // (name, template arguments)
    ModuleName,             // (parent or 0, name), flags: NodeFlags.Partition
    ModuleEntity,           // (module, name)
    TaggedName,             // (name, text)
    Constructor,            // (class)
    Destructor,             // (class)
    DestructorName,         // (type)
    UnnamedType,            // (text)
    ClosureType,            // (template parameter list, requires or 0, parameter list, requires or 0, text)
    StructuredBinding,      // (name list)
    ConversionOperator,     // (type)
    LiteralOperator,        // (name)
    StandardAbbreviation,   // (word, expanded word): Sa, Sb, Ss, Si, So, Sd
    StandardClass,          // (word, expanded word): the same, written out
    Encoding,               // (return type or 0, name, parameter list, attributes or 0, requires or 0), flags: Qualifiers
    EnableIf,               // (list)
    ObjectParameter,        // (type)
    SpecialName,            // (word, name)
    ConstructionVtable,     // (class, complete class)
    CloneSuffix,            // (name, text)
    LastName = CloneSuffix,

    // Template parameters, arguments and packs.
    TemplateArguments,      // (list)
    InventedParameter,      // (word, number)
    DeclaredArgument,       // (parameter, argument)
    TypeParameter,          // (name)
    ConstrainedParameter,   // (constraint, name)
    ValueParameter,         // (name, type)
    TemplateParameter,      // (name, parameter list, requires or 0)
    PackParameter,          // (parameter)
    ParameterPack,          // (list)
    ArgumentPack,           // (list)
    PackExpansion,          // (pattern)
    ForwardReference,       // (parameter number, argument)
    LastTemplatePart = ForwardReference,

    // Expressions.
    Binary,                 // (left, operator, right)
    Subscript,              // (array, index)
    Postfix,                // (operand, operator)
    Prefix,                 // (operator, operand)
    Conditional,            // (condition, then, else)
    Member,                 // (object, operator, member)
    Subobject,              // (type, expression, text)
    Enclosing,              // (word, expression or type)
    OperatorOf,             // (operator, expression or type): sizeof, alignof, typeid
    NamedCast,              // (operator, type, expression)
    SizeofPack,             // (pack)
    Call,                   // (function, argument list), flags: NodeFlags.Parenthesized
    New,                    // (placement list, type, initializer list), flags: NodeFlags.Global, NodeFlags.Array
    Delete,                 // (expression), flags: NodeFlags.Global, NodeFlags.Array
    FunctionParameter,      // (text)
    Conversion,             // (type, expression list)
    MemberConversion,       // (type, expression)
    InitializerList,        // (type or 0, expression list)
    Designated,             // (field or index, initializer), flags: NodeFlags.Array
    DesignatedRange,        // (first, last, initializer)
    Fold,                   // (operator, pack, initial value or 0), flags: NodeFlags.Left
    Throw,                  // (expression)
    StringLiteral,          // (type)
    LambdaLiteral,          // (closure type)
    EnumLiteral,            // (type, text)
    IntegerLiteral,         // (word or 0, text)
    FloatLiteral,           // (text)
    DoubleLiteral,          // (text)
    LongDoubleLiteral,      // (text)
    Requires,               // (parameter list, requirement list)
    ExpressionRequirement,  // (expression, type constraint or 0), flags: NodeFlags.Noexcept
    TypeRequirement,        // (type)
    NestedRequirement,      // (expression)
    List,                   // (list)
}
