#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
unsigned short emleak_probe_semaphore __attribute__((section(".probes")));
static int table[64];
int work(int *from, long index)
{
	STAP_PROBE4(emleak, probe, from[index], index, -7, table[index & 63]);
	STAP_PROBE(emleak, probe);
	return from[1];
}
