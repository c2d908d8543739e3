/* SPDX-License-Identifier: BSD-3-Clause */
/* Kills itself, when told, by the signal whose number is given. */
#include "ledger.h"
#include <signal.h>

int main(int count, char **arguments)
{
	begin();
	raise(count > 1 ? atoi(arguments[1]) : SIGABRT);
	end();
}
