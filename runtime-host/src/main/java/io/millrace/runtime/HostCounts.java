package io.millrace.runtime;

/** Running counts of a session; {@link LinkStatistics} is what callers see. */
final class HostCounts {
    long finished;
    long sent;
    long resent;
    long received;
    long damagedMessages;
    long repeated;
    long foreign;
    long unknownResults;
    long timeouts;
    long recoveries;

    LinkStatistics with(long damagedOnStream) {
        return new LinkStatistics(
                finished,
                sent,
                resent,
                received,
                damagedMessages + damagedOnStream,
                repeated,
                foreign,
                unknownResults,
                timeouts,
                recoveries);
    }
}
