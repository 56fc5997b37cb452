/* A wall clock that a test sets while the program runs: LD_PRELOADed, it adds the microseconds in the file
   SHIFTED_CLOCK to the real time. The monotonic clock stays as it is. It uses raw system calls: programs with an
   allocator of their own, such as redis-server, crash when the real functions are looked up. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long long *shift;

__attribute__((constructor)) static void open_shift(void) {
  const char *path = getenv("SHIFTED_CLOCK");
  int file = path ? open(path, O_RDONLY) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) shift = page;
  close(file);
}

static long long now_ns(clockid_t clock) {
  struct timespec t;
  syscall(SYS_clock_gettime, clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec + (shift ? *shift * 1000 : 0);
}

int clock_gettime(clockid_t clock, struct timespec *t) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return syscall(SYS_clock_gettime, clock, t);
  long long ns = now_ns(clock);
  t->tv_sec = ns / 1000000000LL;
  t->tv_nsec = ns % 1000000000LL;
  return 0;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
  (void)zone;
  long long ns = now_ns(CLOCK_REALTIME);
  t->tv_sec = ns / 1000000000LL;
  t->tv_usec = ns % 1000000000LL / 1000;
  return 0;
}

time_t time(time_t *t) {
  time_t seconds = now_ns(CLOCK_REALTIME) / 1000000000LL;
  if (t) *t = seconds;
  return seconds;
}
