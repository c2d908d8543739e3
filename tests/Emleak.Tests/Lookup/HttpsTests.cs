using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Emleak.Tests.Support;

namespace Emleak.Tests.Lookup;

/// <summary>Debug files from a server that talks https.</summary>
public sealed class HttpsTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly string _program;
    private readonly string _debugFile;
    private readonly string _buildId = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray());

    public HttpsTests()
    {
        _program = Path.Combine(_folder.Path, "served");
        _debugFile = Path.Combine(_folder.Path, "served.debug");
        File.WriteAllText(_program + ".c", "static int hidden(void) { return 42; }\nint main(void) { return hidden(); }\n");
        Tool("gcc", "-g", "-O0", "-no-pie", $"-Wl,--build-id=0x{_buildId}", "-o", _program, _program + ".c");
        Tool("objcopy", "--only-keep-debug", _program, _debugFile);
        Address = Tool("nm", _program).Split('\n').Single(line => line.EndsWith(" t hidden", StringComparison.Ordinal)).Split(' ')[0];
        Tool("strip", _program);
    }

    private string Address { get; }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, "hidden+0x0 at ", "")]
    [InlineData(false, "[served]+0x", "UntrustedRoot")]
    public void A_server_is_used_if_its_certificate_is_trusted(bool isTrusted, string answer, string problem)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string trusted = Path.Combine(_folder.Path, "trusted.pem");
        File.WriteAllText(trusted, certificate.ExportCertificatePem());
        using TlsServer server = new(certificate, $"/buildid/{_buildId}/debuginfo", File.ReadAllBytes(_debugFile));
        using RunningProcess emleak = Ask(Path.Combine(AppContext.BaseDirectory, "emleak"), $"https://localhost:{server.Port}/", isTrusted ? $"SSL_CERT_FILE={trusted}" : "A=B");
        AssertAnswer(emleak, answer, problem);
    }

    [Fact]
    public void The_static_program_says_that_it_cannot()
    {
        string program = Environment.GetEnvironmentVariable("EMLEAK_STATIC")
            ?? throw new InvalidOperationException("run by eng/test.sh, or set EMLEAK_STATIC to the static executable");
        using RunningProcess emleak = Ask(program, "https://localhost:1/", "A=B");
        AssertAnswer(emleak, "[served]+0x", "emleak: https://localhost:1/: https needs OpenSSL's library (libssl), which a static program cannot load; http works without");
    }

    private RunningProcess Ask(string emleak, string server, string variable) => new(
        "env",
        [variable, $"DEBUGINFOD_URLS={server}", $"DEBUGINFOD_CACHE_PATH={_folder.Path}/cache", emleak, "symbolize", "--debuginfod", "-e", _program, Address],
        _folder.Path);

    private static void AssertAnswer(RunningProcess emleak, string answer, string problem)
    {
        Assert.Equal(0, emleak.WaitForExit());
        Assert.StartsWith(answer, emleak.Output, StringComparison.Ordinal);
        if (problem.Length == 0) Assert.Equal("", emleak.Errors);
        else Assert.Contains(problem, Assert.Single(emleak.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private string Tool(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    /// <summary>Serves one file.</summary>
    private sealed class TlsServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Any, 0);
        private readonly X509Certificate2 _certificate;
        private readonly string _path;
        private readonly byte[] _file;

        public TlsServer(X509Certificate2 certificate, string path, byte[] file)
        {
            (_certificate, _path, _file) = (certificate, path, file);
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _ = Task.Run(Serve);
        }

        public int Port { get; }

        public void Dispose() => _listener.Dispose();

        private void Serve()
        {
            try
            {
                while (true)
                {
                    using TcpClient client = _listener.AcceptTcpClient();
                    Answer(client);
                }
            }
            catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private void Answer(TcpClient client)
        {
            try
            {
                using SslStream secure = new(client.GetStream());
                secure.AuthenticateAsServer(_certificate);
                byte[] request = new byte[4096];
                int length = secure.Read(request);
                bool isAskedFor = Encoding.ASCII.GetString(request, 0, length).StartsWith($"GET {_path} ", StringComparison.Ordinal);
                secure.Write(Encoding.ASCII.GetBytes(isAskedFor ? $"HTTP/1.1 200 OK\r\nContent-Length: {_file.Length}\r\n\r\n" : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
                if (isAskedFor) secure.Write(_file);
            }
            catch (Exception problem) when (problem is IOException or System.Security.Authentication.AuthenticationException)
            {
                // A client that does not trust the server hangs up.
            }
        }
    }
}
